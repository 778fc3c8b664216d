import { Browser, launch, LaunchOptions } from 'puppeteer';

const MOST_STARTS = 3;

/**
 * A browser that is up. Chromium itself dies now and then while it starts, by a fault in one of its threads. The service
 * starts another one then; a test that is about what a browser does, and not about its start, does as well.
 */
export async function launchedBrowser(options: LaunchOptions): Promise<Browser> {
  for (let start = 1; ; start += 1) {
    try {
      return await launch(options);
    } catch (error) {
      if (start === MOST_STARTS) throw error;
    }
  }
}
