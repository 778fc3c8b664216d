import fc from 'fast-check';
import { GROUPINGS } from '../../src/orders/order-arrangement';
import { ORDER_COLUMNS } from '../../src/orders/order-columns';
import { ORDER_STATUSES } from '../../src/orders/order-status';
import type { CsvOptions } from '../../src/report-requests/formats/report-parameters';
import { messagesOf } from '../../src/report-requests/messages/message-files';
import { PAPERS } from '../../src/report-requests/rendering/paper';
import type { StoredReportParameters } from '../../src/report-requests/orders-report.job';
import { PRINTABLE_LOCALES } from './printable-locales';
import { CURRENCIES } from './random-books';

/** A request of a report on one of some books. */
export interface RandomRequest {
  /** Which of the books. */
  book: number;
  /** Only what changed since the middle of the book. */
  isDelta: boolean;
  /** Whether its pages are laid out as tables. */
  isTagged: boolean;
  parameters: StoredReportParameters;
}

/** Mostly none. */
const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const columns = fc
  .shuffledSubarray([...ORDER_COLUMNS], { minLength: 1 })
  // On paper, one without a reference would look like no row at all.
  .filter((chosen) => chosen.some((column) => column !== 'customer_reference'));

const sort = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ORDER_COLUMNS), fc.constantFrom('', '-')), {
    selector: ([column]) => column,
    maxLength: 3,
  })
  .map((keys) => keys.map(([column, direction]) => `${direction}${column}`));

const filter = fc.record({
  statuses: sometimes(fc.subarray([...ORDER_STATUSES], { minLength: 3 })),
  currencies: sometimes(fc.subarray(Object.keys(CURRENCIES), { minLength: 2 })),
  customerReferences: sometimes(fc.subarray(['C-1', '=C-2', "'-x"], { minLength: 1 })),
  minTotal: sometimes(fc.constant('0')),
  maxTotal: sometimes(fc.constant('10000.5')),
});

const csv: fc.Arbitrary<CsvOptions> = fc
  .record({
    delimiter: fc.constantFrom(',' as const, ';' as const, '\t' as const, '|' as const),
    decimalSeparator: fc.constantFrom('.' as const, ',' as const),
    times: fc.constantFrom('utc' as const, 'local' as const),
    headings: fc.constantFrom('names' as const, 'labels' as const),
  })
  .filter(({ delimiter, decimalSeparator }) => delimiter !== decimalSeparator);

export const randomRequests = (books: number): fc.Arbitrary<RandomRequest> =>
  fc
    .record({
      // Not fc.nat, which mostly is the first or the last.
      book: fc.constantFrom(...Array(books).keys()),
      isDelta: fc.integer({ min: 1, max: 6 }).map((number) => number === 6),
      isTagged: fc.boolean(),
      parameters: fc.record({
        startDate: fc.constantFrom('2025-12-31', '2026-01-01', '2026-01-05'),
        endDate: fc.constantFrom('2026-01-25', '2026-03-07', '2027-01-01'),
        filter,
        columns: fc.option(columns),
        sort,
        groupBy: fc.constantFrom(null, ...GROUPINGS),
        includeItems: fc.boolean(),
        locale: fc.constantFrom(...PRINTABLE_LOCALES),
        timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Auckland'),
        paper: fc.constantFrom(...PAPERS),
        // Not every reader of PDFs puts words of every script together again.
        labels: fc.constant({ ...messagesOf('en') }),
        csv,
      }),
    })
    .map((request) => {
      const { columns: chosen } = request.parameters;
      if (!request.isDelta || chosen === null || chosen.includes('number')) return request;
      // Nothing else says what is gone.
      return { ...request, parameters: { ...request.parameters, columns: [...chosen, 'number'] } };
    });
