import { Module } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { BrowserLauncher } from './browser-launcher';
import { BrowserPool } from './browser-pool';
import { BrowserSlot } from './browser-slot';
import { ReportRenderer } from './report-renderer';

// A part of a report prints in about a second; a whole minute is a hang on any machine.
const PRINT_DEADLINE_MS = 60_000;
const PRINTS_PER_BROWSER = 100;

/** Prints reports. Nothing is started before the first one. */
@Module({
  providers: [
    {
      provide: BrowserPool,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => {
        const launcher = new BrowserLauncher({ browserPath: config.browserPath, dataDir: config.dataDir });
        const limits = { printDeadlineMs: PRINT_DEADLINE_MS, printsPerBrowser: PRINTS_PER_BROWSER };
        return new BrowserPool(
          config.renderConcurrency,
          () => new BrowserSlot(() => launcher.start(), limits),
        );
      },
    },
    ReportRenderer,
  ],
  exports: [ReportRenderer],
})
export class RenderingModule {}
