// Asks for a report of each title at once, and saves each as `<title>.pdf` in the working directory. It ends with an error
// when a single call does.
import { writeFile } from 'node:fs/promises';
import { OrderReports } from 'order-reports';

const { ORDER_REPORTS_URL: baseUrl, ORDER_REPORTS_KEY: apiKey, TITLES } = process.env;
const client = new OrderReports({ baseUrl, apiKey });

await Promise.all(
  JSON.parse(TITLES).map(async (title) => {
    const report = await client.reports.create({ start_date: '2016-01-01', end_date: '2017-01-01', title });
    const file = await report.file();
    await writeFile(`${title}.pdf`, await file.bytes());
  }),
);
