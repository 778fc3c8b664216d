/**
 * What a newcomer sees when everything runs: where to look, and lines to paste.
 *
 * @param demoKey `undefined` when the one that is configured is not good
 */
export function welcome(url: string, demoKey: string | undefined): string {
  return `
Order Reports is ready.

  The page    ${url}/
  API docs    ${url}/docs
  Demo key    ${demoKey ?? 'DEMO_API_KEY is not good any more: set it to a new value, or leave it out and get one'}
${demoKey === undefined ? '' : linesToPaste(url, demoKey)}
Ctrl-C stops everything.`;
}

const linesToPaste = (url: string, key: string): string => `
Ask for a PDF of the orders of 2016, wait for it, and fetch it:

  KEY='${key}'
  STATUS=$(curl -sS -D - -o /dev/null ${url}/v1/orders/reports -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d '{"start_date":"2016-01-01","end_date":"2017-01-01"}' \\
    | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
  until [ "$(curl -sS -o /dev/null -w '%{http_code}' "$STATUS" -H "Authorization: Bearer $KEY")" != 200 ]; do sleep 1; done
  curl -sSL "$STATUS" -H "Authorization: Bearer $KEY" -o orders-2016.pdf && ls -l orders-2016.pdf
`;
