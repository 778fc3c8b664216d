/** Lengths and counts that the order book accepts; the schema holds the lengths too. */
export const ORDER_LIMITS = {
  numberLength: 100,
  customerNameLength: 200,
  customerReferenceLength: 100,
  skuLength: 100,
  descriptionLength: 500,
  /** One order's lines are read into memory together. */
  linesPerOrder: 10_000,
  /** Lines in the body of one request, which are validated while nothing else of the process runs. */
  linesPerRequest: 500,
  /** Size of a file to import: some millions of lines. */
  importBytes: 512 * 1024 * 1024,
} as const;
