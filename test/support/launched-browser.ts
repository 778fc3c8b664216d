import { Browser, launch, LaunchOptions } from 'puppeteer';
import { findBrowser } from '../../src/report-requests/rendering/browser-binary';
import { TIMEOUT_MS } from './services';

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

/**
 * The browser that the service prints with, to look at pages with.
 *
 * @param dataDir where the service keeps it
 */
export async function ownBrowser(dataDir: string): Promise<Browser> {
  const { executable, environment } = await findBrowser({
    browserPath: process.env['BROWSER_PATH'],
    dataDir,
    log: () => undefined,
  });
  return launchedBrowser({
    executablePath: executable,
    env: { ...process.env, ...environment },
    args: ['--no-sandbox'],
    timeout: TIMEOUT_MS,
  });
}
