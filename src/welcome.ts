import type { AppConfig } from './config/app-config';

/** What a newcomer sees when everything runs: where to look, and lines to paste. */
export function welcome(config: AppConfig): string {
  const url = config.publicUrl;
  const key = config.demoApiKey ?? '';
  return `
Order Reports is ready.

  The page    ${url}/
  API docs    ${url}/docs
  Demo key    ${key}

Ask for a PDF of the orders of 2016, wait for it, and fetch it:

  KEY='${key}'
  STATUS=$(curl -sS -D - -o /dev/null ${url}/v1/orders/reports -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d '{"start_date":"2016-01-01","end_date":"2017-01-01"}' \\
    | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
  until [ "$(curl -sS -o /dev/null -w '%{http_code}' "$STATUS" -H "Authorization: Bearer $KEY")" != 200 ]; do sleep 1; done
  curl -sSL "$STATUS" -H "Authorization: Bearer $KEY" -o orders-2016.pdf && ls -l orders-2016.pdf

Ctrl-C stops everything.`;
}
