import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrowserPool } from './browser-pool';
import { PrintJob } from './browser-slot';
import { BrowserLostError } from './render-errors';
import { FontLibrary } from './fonts/font-subsets';
import { inOrder } from './in-order';
import { PdfInformation } from './pdf/pdf-information';
import { PdfJoiner } from './pdf/pdf-joiner';
import { PrintedPart } from './pdf/printed-part';
import { writeWholePdf } from './pdf/whole-pdf';
import { oneLine } from './report-text';
import { RenderedReport, ReportDocument } from './report-document';
import { layOut, LayoutLimits, ReportLayout } from './report-parts';

export interface RenderOptions {
  /** Where the file is put, under a name of its own. It must exist. */
  directory: string;
  /** Whose report it is: documents of different owners never share a page of a browser. */
  owner: string;
  /** Stops the work at once: browsers that print for this report are killed. */
  signal: AbortSignal;
  /** Told again and again, from 0 to 1. */
  onProgress: (fraction: number) => void;
}

/** Shorter parts would cost more a row; longer ones keep a small report waiting that comes meanwhile. */
const LIMITS: LayoutLimits = { pagesPerPart: 20, taggedPages: 10 };

/** A part over which browsers are lost as often is what kills them. */
const TRIES_PER_PART = 3;

/** Turns a report's data into a PDF file. */
@Injectable()
export class ReportRenderer implements OnApplicationShutdown {
  private readonly logger = new Logger('Renderer');
  private readonly fonts = new FontLibrary();

  constructor(private readonly pool: BrowserPool) {}

  /**
   * Memory does not grow with the report. Nothing is left in the directory when it fails.
   *
   * @throws BrowserLostError when browsers died, hung or did not start again and again over the same part
   * @throws BrowserMissingError when the machine has no Chromium
   * @throws ReportChangedError when the orders are not those that the summary counted
   * @throws the signal's reason when it is aborted
   */
  async render(document: ReportDocument, options: RenderOptions): Promise<RenderedReport> {
    options.signal.throwIfAborted();
    const path = join(options.directory, `report-${randomUUID()}.pdf`);
    const stop = new AbortController();
    const layout = layOut(document, this.fonts, LIMITS);
    const about = informationOf(document);
    try {
      const printed = this.print(layout, options.owner, AbortSignal.any([options.signal, stop.signal]));
      const bytes = layout.tagged
        ? await writeTagged(path, printed, about)
        : await writeJoined(path, printed, about, (pages) => options.onProgress(pages / layout.pages));
      options.onProgress(1);
      return { path, pages: layout.pages, bytes };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      stop.abort();
    }
  }

  /** After the workers have drained: ends every browser. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private print(layout: ReportLayout, owner: string, signal: AbortSignal): AsyncGenerator<PrintedPart> {
    const { tagged } = layout;
    const report = Symbol('report');
    // One more than there are slots: its HTML is made while they print.
    return inOrder(layout.parts, this.pool.size + 1, async (part) => ({
      pdf: await this.printPart({ report, owner, document: part.document, tagged }, signal),
      pages: part.pages,
      bookmarks: part.bookmarks,
    }));
  }

  /** What a lost browser had in hand is printed by another one; the other parts do not notice. */
  private async printPart(job: PrintJob, signal: AbortSignal): Promise<Buffer> {
    for (let left = TRIES_PER_PART - 1; ; left -= 1) {
      try {
        return await this.pool.print(job, signal);
      } catch (error) {
        if (!(error instanceof BrowserLostError) || left === 0) throw error;
        this.logger.warn(`${error.message} Its part of the report is printed again.`);
      }
    }
  }
}

async function writeJoined(
  path: string,
  parts: AsyncIterable<PrintedPart>,
  about: PdfInformation,
  onPages: (pages: number) => void,
): Promise<number> {
  const joiner = await PdfJoiner.create(path);
  try {
    let pages = 0;
    for await (const part of parts) {
      await joiner.add(part);
      pages += part.pages;
      onPages(pages);
    }
    return await joiner.finish(about);
  } finally {
    await joiner.close();
  }
}

/** The tags of two files cannot be joined, so a tagged report is one part. */
async function writeTagged(
  path: string,
  parts: AsyncIterable<PrintedPart>,
  about: PdfInformation,
): Promise<number> {
  let bytes = 0;
  for await (const part of parts) bytes = await writeWholePdf(path, part, about);
  return bytes;
}

function informationOf(document: ReportDocument): PdfInformation {
  return {
    title: oneLine(document.title),
    author: oneLine(document.clientName),
    language: document.locale,
    createdAt: document.generatedAt,
  };
}
