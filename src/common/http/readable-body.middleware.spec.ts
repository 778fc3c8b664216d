import type { Request, Response } from 'express';
import { AppError } from '../app-error';
import { nameParserErrors } from './readable-body.middleware';

function named(error: Error & { type?: string }): unknown {
  let passed: unknown;
  nameParserErrors(error, {} as Request, {} as Response, (next?: unknown) => {
    passed = next;
  });
  return passed;
}

const parserError = (type: string): Error => Object.assign(new Error(type), { type });

describe('the body parser’s errors', () => {
  it.each([
    ['entity.parse.failed', 'bad_request', 'invalid_json'],
    ['entity.not.utf8', 'bad_request', 'invalid_json'],
    ['entity.too.large', 'too_large', 'body_too_large'],
    ['request.size.invalid', 'bad_request', 'invalid_length'],
    ['encoding.unsupported', 'unsupported_media_type', 'unsupported_encoding'],
    ['charset.unsupported', 'unsupported_media_type', 'unsupported_charset'],
  ])('%s has its own code', (type, kind, code) => {
    expect(named(parserError(type))).toBeInstanceOf(AppError);
    expect(named(parserError(type))).toMatchObject({ kind, code });
  });

  it('passes on what it does not know', () => {
    const other = new Error('other');
    expect(named(other)).toBe(other);
  });
});
