/** What a key may be used for. */
export enum Scope {
  Reports = 'reports',
  Orders = 'orders',
  Webhooks = 'webhooks',
  Worker = 'worker',
  Keys = 'keys',
  Admin = 'admin',
}
