import type { components, webhooks } from './api-types.ts';

type Schemas = components['schemas'];

/** An error of the service (RFC 9457). */
export type Problem = Schemas['Problem'];
/** A job as its owner sees it. */
export type Job = Schemas['JobView'];
/** What a report may show: POST /v1/orders/reports. */
export type ReportRequest = Schemas['ReportRequest'];
/** A report as lists have it. */
export type ListedReport = Schemas['ReportListItem'];
/** An import, with the errors of its file. */
export type OrderImport = Schemas['OrderImportView'];
export type Order = Schemas['OrderView'];
/** An event of the feed: `body` has the bytes of the callback. */
export type FeedEvent = Schemas['FeedEventView'];
/** The body of a callback about a job. */
export type JobCallback = Schemas['JobCallback'];
/** The body of any callback: more types may come. */
export type Callback = webhooks[keyof webhooks]['post']['requestBody']['content']['application/json'];
