import { Module } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { BrowserLauncher } from './browser-launcher';
import { BrowserPool } from './browser-pool';
import { BrowserSlot, SlotLimits } from './browser-slot';
import { BrowserWarmUp } from './browser-warm-up';
import { pagesKept } from './owned-pages';
import { PrintPriority } from './print-priority';
import { ReportRenderer } from './report-renderer';

const LIMITS: Omit<SlotLimits, 'pagesKept'> = {
  // A part of a report prints in about a second; a whole minute is a hang on any machine.
  printDeadlineMs: 60_000,
  silenceMs: 10_000,
  printsPerBrowser: 1_000,
  // About 20 parts of a long report, or 200 short ones.
  bytesPerPage: 2_000_000,
  // Twice what the longest part takes.
  memoryPerBrowser: 1024 * 1024 * 1024,
};

/** Prints reports. */
@Module({
  providers: [
    {
      provide: BrowserPool,
      inject: [AppConfig, PrintPriority],
      useFactory: (config: AppConfig, priority: PrintPriority) => {
        const { browserPath, browserSandbox: sandbox, dataDir, renderConcurrency } = config;
        const launcher = new BrowserLauncher({ browserPath, dataDir, sandbox });
        const limits = { ...LIMITS, pagesKept: pagesKept(process.availableMemory(), renderConcurrency) };
        return new BrowserPool(
          renderConcurrency,
          () => new BrowserSlot((signal) => launcher.start(signal), limits),
          priority,
        );
      },
    },
    BrowserWarmUp,
    PrintPriority,
    ReportRenderer,
  ],
  exports: [PrintPriority, ReportRenderer],
})
export class RenderingModule {}
