import { Injectable } from '@nestjs/common';
import { SharedKeysService } from '../database/shared-keys.service';
import { ApiKeyRecognitionService } from './api-key-recognition.service';
import type { Caller } from './client';
import { decodeJobToken, encodeJobToken, type JobPermission } from './job-token';

const KEY = 'job tokens';

/** Makes tokens for one job each, and finds out whose they are. They are signed and stored nowhere. */
@Injectable()
export class JobTokensService {
  constructor(
    private readonly sharedKeys: SharedKeysService,
    private readonly recognition: ApiKeyRecognitionService,
  ) {}

  /**
   * A token of the caller's key, which ends when that does at the latest.
   *
   * @param jobId a job that the caller may see
   * @returns its text, and when it ends, to the second
   */
  async make(
    caller: Caller,
    jobId: string,
    permissions: JobPermission[],
    seconds: number,
  ): Promise<{ token: string; endsAt: Date }> {
    const endsAt =
      1_000 * Math.min(Math.ceil(Date.now() / 1_000) + seconds, Math.floor(caller.expiresAt / 1_000));
    const content = { jobId, keyId: caller.keyId, permissions, endsAt };
    return { token: encodeJobToken(await this.sharedKeys.get(KEY), content), endsAt: new Date(endsAt) };
  }

  /** `null` for a token that is none of ours, has ended, or whose key has. */
  async recognize(text: string): Promise<Caller | null> {
    const token = decodeJobToken(await this.sharedKeys.get(KEY), text);
    if (token === null || token.endsAt <= Date.now()) return null;
    const caller = await this.recognition.recognizeById(token.keyId);
    return caller && { ...caller, token };
  }
}
