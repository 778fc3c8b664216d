import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error';
import type { RequestWithToken } from '../common/http/query-token.middleware';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import { bearerOf } from './bearer';
import type { Caller } from './client';
import { invalidKey } from './invalid-key';
import { invalidToken } from './invalid-token';
import { isJobToken } from './job-token';
import { JobTokensService } from './job-tokens.service';

/** Finds out who a request comes from: by an API key or a token as a Bearer, or by a token in the query. */
@Injectable()
export class CallerRecognitionService {
  constructor(
    private readonly keys: ApiKeyRecognitionService,
    private readonly tokens: JobTokensService,
  ) {}

  /** `null` without a credential that is good. */
  async recognize(request: RequestWithToken): Promise<Caller | null> {
    const { queryToken } = request;
    const bearer = bearerOf(request);
    if (queryToken !== undefined) return bearer === undefined ? this.tokens.recognize(queryToken) : null;
    if (bearer === undefined) return null;
    return isJobToken(bearer) ? this.tokens.recognize(bearer) : this.keys.recognize(bearer);
  }

  /** What to answer to a request that `recognize` knows nobody for. */
  refusal(request: RequestWithToken): AppError {
    const { queryToken } = request;
    const bearer = bearerOf(request);
    if (queryToken !== undefined && bearer !== undefined) {
      // RFC 6750, section 2: not more than one way in one request.
      return new AppError('bad_request', 'two_credentials', 'Send a key or a token, and not both.');
    }
    if (queryToken !== undefined || (bearer !== undefined && isJobToken(bearer))) return invalidToken();
    if (bearer !== undefined) return invalidKey();
    return new AppError('unauthenticated', 'missing_key', 'Send an API key: Authorization: Bearer <key>.');
  }
}
