import { randomUUID } from 'node:crypto';
import { Scope } from '../../../src/clients/scope';
import type { Callable } from '../../support/http-call';
import { ADMIN_KEY } from '../../support/test-config';
import type { TestReceiver } from '../../webhooks/test-receiver';
import type { OpenApi, Operation } from './openapi';

/** A client that has one of everything. */
export interface Tenant {
  id: string;
  /** A key with every scope but `admin`. */
  key: string;
  /** By the path up to a parameter, what of the client's stands for the parameter. */
  ids: Record<string, string>;
}

/** What the application must know for `newTenant`: a task that a worker outside has, for long enough. */
const EXTERNAL_TYPE = 'warehouse.pick';
export const TENANT_SETTINGS = { EXTERNAL_TASK_TYPES: EXTERNAL_TYPE, JOB_LEASE_SECONDS: '3600' };

const TENANT_SCOPES = Object.values(Scope).filter((scope) => scope !== Scope.Admin);

/** A key of a client, made as an operator makes it. */
export async function issueKey(
  app: Callable,
  clientId: string,
  scopes: Scope[],
  more: Record<string, unknown> = {},
): Promise<{ id: string; key: string }> {
  const body = { name: 'test', scopes, ...more };
  const answer = await app.call('POST', `/v1/clients/${clientId}/keys`, { key: ADMIN_KEY, body });
  if (answer.status !== 201) throw new Error(`no key: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/**
 * What the document shows as an example, with our own receiver for every URL that would be called.
 *
 * @param named one of several; the first without it
 */
export function exampleCall(
  openApi: OpenApi,
  operation: Operation,
  receiver: TestReceiver,
  named?: string,
): { body?: unknown; headers?: Record<string, string> } {
  const example = openApi.exampleBody(operation, named);
  if (example === undefined) return {};
  const headers = { 'Content-Type': example.type };
  if (typeof example.body === 'string') return { body: example.body, headers };
  const body = { ...example.body };
  for (const member of ['url', 'callback_url'])
    if (body[member] !== undefined) body[member] = receiver.url(`/${randomUUID()}`);
  // What must be unique is made so; the number of an order that has one already is that one.
  for (const member of ['name', 'number']) if (body[member] !== undefined) body[member] = randomUUID();
  if (operation.method !== 'POST') delete body['number'];
  if (body['parameters']?.number !== undefined)
    body['parameters'] = { ...body['parameters'], number: randomUUID() };
  return { body, headers };
}

export async function newTenant(app: Callable, openApi: OpenApi, receiver: TestReceiver): Promise<Tenant> {
  const client = await app.call('POST', '/v1/clients', { key: ADMIN_KEY, body: { name: randomUUID() } });
  const { id: keyId, key } = await issueKey(app, client.body.id, TENANT_SCOPES);
  const make = async (path: string, parameters: Record<string, string> = {}): Promise<string> => {
    const operation = openApi.operations.find((one) => one.method === 'POST' && one.path === path)!;
    const call = exampleCall(openApi, operation, receiver);
    const target = path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name]!);
    const answer = await app.call('POST', target, { key, ...call });
    if (answer.status >= 300)
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const body = { type: EXTERNAL_TYPE, parameters: {} };
  const task = await app.call('POST', '/v1/jobs', { key, body });
  await app.call('POST', '/v1/tasks/claim', { key, body: {} });
  const report = await make('/v1/orders/reports');
  const endpoint = await make('/v1/webhooks/endpoints');
  const order = await make('/v1/orders');
  return {
    id: client.body.id,
    key,
    ids: {
      '/v1/clients/': client.body.id,
      '/v1/clients/{id}/keys/': keyId,
      '/v1/keys/': await make('/v1/keys'),
      '/v1/jobs/': report,
      '/v1/tasks/': task.body.id,
      '/v1/orders/reports/': report,
      '/v1/orders/reports/status/': report,
      '/v1/orders/imports/': await make('/v1/orders/imports'),
      '/v1/orders/': order,
      '/v1/orders/by-number/': (await app.call('GET', `/v1/orders/${order}`, { key })).body.number,
      '/v1/erasures/': await make('/v1/erasures'),
      '/v1/webhooks/endpoints/': endpoint,
      '/v1/webhooks/deliveries/': await make('/v1/webhooks/endpoints/{id}/test', { id: endpoint }),
    },
  };
}

/** The address with each parameter replaced by what is the tenant's. */
export function addressOf(path: string, ids: Record<string, string>): string {
  const filled = path.replace(/\{\w+\}/g, (parameter, at: number) => {
    const id = ids[path.slice(0, at)];
    if (id === undefined)
      throw new Error(
        `Say in newTenant() what stands for ${parameter} of ${path}, so that it can be tested.`,
      );
    return id;
  });
  return filled;
}
