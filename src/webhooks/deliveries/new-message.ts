/** What is told: one id and one body, for every attempt and for the pull twin. */
export interface NewMessage {
  id: string;
  clientId: string;
  jobId: string | null;
  type: string;
  body: Buffer;
  occurredAt: Date;
  /** Of the job that it is about. */
  callbackUrl: string | null;
  /** The only endpoint to tell, for a test event. */
  onlyEndpoint?: string;
}
