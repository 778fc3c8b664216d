import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { nameOn } from '../../brands/report-brand';
import { BrowserPool } from './browser-pool';
import { PrintJob } from './browser-slot';
import { BrowserLostError } from './render-errors';
import { FontLibrary } from './fonts/font-library';
import { inOrder } from './in-order';
import type { PdfInformation } from './pdf/pdf-information';
import { PdfJoiner } from './pdf/pdf-joiner';
import { PrintedPart } from './pdf/printed-part';
import { PdfWriter } from './pdf/pdf-writer';
import { wholePdf } from './pdf/whole-pdf';
import { ROW_HEIGHT } from './page-geometry';
import { oneLine } from './text-writer';
import type { ReportedOrder } from '../../orders/reported-order';
import { RenderedReport, ReportDocument } from './report-document';
import { layOut, LayoutLimits, ReportLayout } from './report-parts';

export interface RenderOptions {
  /** Whose report it is: documents of different owners never share a page of a browser. */
  owner: string;
  /** Whether small reports have priority before it. */
  isLarge: boolean;
  /** Stops the work at once: browsers that print for this report are killed. */
  signal: AbortSignal;
  /** Called again and again, from 0 to 1. */
  onProgress: (fraction: number) => void;
  /** Called with each order whose rows stand on a page. */
  onOrder?: (order: ReportedOrder) => void;
}

/** Shorter parts would cost more a row; longer ones keep a small report waiting that comes meanwhile. A small report is one part or two. */
const LIMITS: LayoutLimits = { pagesPerPart: 20, taggedPages: 10 };

/** A part over which so many browsers in a row are lost is taken for what kills them. */
const TRIES_PER_PART = 3;

/** Turns a report's data into a PDF file. */
@Injectable()
export class ReportRenderer implements OnApplicationShutdown {
  private readonly logger = new Logger('Renderer');
  private readonly fonts = new FontLibrary();

  constructor(private readonly pool: BrowserPool) {}

  /**
   * Memory does not grow with the report. Nothing is printed before the file is read, and nothing more when its reader
   * stops; its groups are counted at once.
   *
   * Reading throws BrowserLostError when browsers died, hung or did not start again and again over the same part,
   * BrowserMissingError when the machine has no Chromium, ReportChangedError when the orders are not those that the
   * summary counted, and the signal's reason when it is aborted.
   */
  async render(document: ReportDocument, options: RenderOptions): Promise<RenderedReport> {
    const layout = await layOut(document, this.fonts, LIMITS, options.onOrder);
    return { pages: layout.pages, file: this.write(layout, informationOf(document), options) };
  }

  /** After the workers have drained: ends every browser. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  private async *write(
    layout: ReportLayout,
    about: PdfInformation,
    { owner, isLarge, signal, onProgress }: RenderOptions,
  ): AsyncGenerator<Buffer> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const printed = this.print(layout, { owner, isLarge }, AbortSignal.any([signal, stop.signal]));
    try {
      if (layout.tagged) yield* whole(printed, about);
      else yield* joined(printed, about, (pages) => onProgress(pages / layout.pages));
      onProgress(1);
    } finally {
      stop.abort();
    }
  }

  private print(
    layout: ReportLayout,
    of: Pick<PrintJob, 'owner' | 'isLarge'>,
    signal: AbortSignal,
  ): AsyncGenerator<PrintedPart> {
    const shared = { tagged: layout.tagged, ...of };
    // One more than there are slots: its HTML is made while they print.
    return inOrder(layout.parts, this.pool.size + 1, async (part) => ({
      pdf: await this.printPart({ ...shared, document: part.document }, signal),
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

async function* joined(
  parts: AsyncIterable<PrintedPart>,
  about: PdfInformation,
  onPages: (pages: number) => void,
): AsyncGenerator<Buffer> {
  const writer = new PdfWriter();
  const joiner = new PdfJoiner(writer, ROW_HEIGHT);
  let pages = 0;
  for await (const part of parts) {
    await joiner.add(part);
    yield writer.take();
    pages += part.pages;
    onPages(pages);
  }
  await joiner.finish(about);
  yield writer.take();
}

/** The tags of two files cannot be joined, so a tagged report is one part. */
async function* whole(parts: AsyncIterable<PrintedPart>, about: PdfInformation): AsyncGenerator<Buffer> {
  for await (const part of parts) yield wholePdf(part, about);
}

function informationOf(document: ReportDocument): PdfInformation {
  return {
    title: oneLine(document.title),
    author: oneLine(nameOn(document.brand, document.clientName)),
    language: document.locale,
    createdAt: document.generatedAt,
    startDate: document.startDate,
    endDate: document.endDate,
    asOf: document.asOf,
  };
}
