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

/** The document itself cannot be printed as it should be; trying again would fail again. */
export class UnprintableDocumentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnprintableDocumentError';
  }
}

/** The orders are not those that the summary counted, so the promised page numbers would be wrong. */
export class ReportChangedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReportChangedError';
  }
}
