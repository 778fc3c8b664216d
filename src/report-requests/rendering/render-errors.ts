/** The browser died, hung or could not start while it printed. The same report may be tried again. */
export class BrowserLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BrowserLostError';
  }
}

/** No Chromium can be started on this machine. The message says what to install or set. */
export class BrowserMissingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BrowserMissingError';
  }
}

/** The orders are not those that the summary counted, so the promised page numbers would be wrong. */
export class ReportChangedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReportChangedError';
  }
}
