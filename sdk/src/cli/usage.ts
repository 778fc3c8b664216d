export const USAGE = `order-reports: reports of your orders, from the command line

  order-reports report --from DAY --to DAY [--format pdf,xlsx,csv,ndjson] [--title TEXT] [--body JSON] [--output PATH]
      Asks for a report of the orders from one day up to another, which is not included, follows it, and saves its files.
      --body has any other field of POST /v1/orders/reports; with changed_since in it the days may be left out. --output is
      a folder that is there or, for one format, a file.

  order-reports watch JOB [--output PATH]
      Follows a job to its end, and prints its result, or saves the files of a report: --output is as above.

  order-reports import FILE [--on-conflict error|skip|update] [--preset NAME] [--dry-run]
      Imports a file of orders, follows it, and prints what came of it.

  order-reports listen URL [--after EVENT] [--cursor FILE]
      Sends each event from now on (or after an event) to a receiver on this machine, signed as callbacks are. --cursor
      keeps the last one in a file, and goes on there the next time.

  order-reports replay URL [--since TIME] [--until TIME] [--type TYPE] [EVENT ...]
      Sends events of the past again, those that are named or all, in the order of the feed.

ORDER_REPORTS_KEY is your API key, ORDER_REPORTS_URL where the service is (http://localhost:3000 without it).
listen and replay sign by ORDER_REPORTS_WEBHOOK_SECRET, or by a secret that they make and print.

Ends with 0; with 1 when a job failed, a file was not saved, or a receiver did not take an event; 2 for a command that is
none; 3 when the service refused it; 4 when it cannot be reached for a minute; 130 when interrupted; 141 when its output is
read no further.`;

/** A command that cannot be understood. */
export class UsageError extends Error {}
