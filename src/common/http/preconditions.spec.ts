import type { Request } from 'express';
import { AppError } from '../app-error';
import { preconditionsOf, requirePreconditions } from './preconditions';

const given = (headers: Record<string, string>) =>
  preconditionsOf({ get: (name: string) => headers[name] } as unknown as Request);

const codeOf = (headers: Record<string, string>, etag: string | undefined): string | undefined => {
  try {
    requirePreconditions(given(headers), etag);
    return undefined;
  } catch (error) {
    return (error as AppError).code;
  }
};

describe('preconditions', () => {
  it.each([
    [{}, '"1"', true],
    [{}, undefined, true],
    [{ 'if-match': '"1"' }, '"1"', true],
    [{ 'if-match': '"2", "1"' }, '"1"', true],
    [{ 'if-match': '"2"' }, '"1"', false],
    [{ 'if-match': 'W/"1"' }, '"1"', false],
    [{ 'if-match': '*' }, '"1"', true],
    [{ 'if-match': '*' }, undefined, false],
    [{ 'if-match': '"1"' }, undefined, false],
    [{ 'if-none-match': '*' }, undefined, true],
    [{ 'if-none-match': '*' }, '"1"', false],
    [{ 'if-none-match': 'W/"1"' }, '"1"', false],
    [{ 'if-none-match': '"2"' }, '"1"', true],
  ])('%j of %j: %s', (headers, etag, holds) => {
    expect(codeOf(headers as Record<string, string>, etag)).toBe(holds ? undefined : 'precondition_failed');
  });

  it.each(['1', '"1', '""1""', ''])('refuses the header %j', (header) => {
    expect(() => given({ 'if-match': header })).toThrow(AppError);
  });
});
