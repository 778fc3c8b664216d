import type { Answer, Target, Tenant } from './target';

/** Where a case sends to, and as whom: a client of its own, so that no case meets the quota of another. */
export interface Stage {
  target: Target;
  tenant: Tenant;
}

export interface Case {
  name: string;
  /** @returns what is wrong; nothing when the service did as it promises */
  run: (stage: Stage) => Promise<string[]>;
}

/** No problem is longer, whatever was sent. */
const LARGEST_PROBLEM_BYTES = 64 * 1024;

/** What every answer of a healthy service keeps to: no 5xx, and each refusal a short problem with a code. */
export function broken({ status, headers, body }: Answer): string[] {
  if (status >= 500) return [`answered ${status}: ${excerpt(body)}`];
  if (status < 400) return [];
  const wrong: string[] = [];
  if (body.length > LARGEST_PROBLEM_BYTES) wrong.push(`a problem of ${body.length} bytes`);
  if (!headers['content-type']?.startsWith('application/problem+json'))
    wrong.push(`${status} is no problem: ${headers['content-type'] ?? 'no type'}`);
  else if (codeOf(body) === undefined) wrong.push(`${status} has no code: ${excerpt(body)}`);
  return wrong;
}

/** The same, and it is the one refusal that is documented for it. */
export function refused(answer: Answer, status: number | number[], ...codes: string[]): string[] {
  const wrong = broken(answer);
  if (![status].flat().includes(answer.status))
    wrong.push(
      `answered ${answer.status} instead of ${[status].flat().join(' or ')}: ${excerpt(answer.body)}`,
    );
  else if (codes.length > 0 && !codes.includes(codeOf(answer.body) ?? ''))
    wrong.push(`its code is ${codeOf(answer.body) ?? 'missing'}, not ${codes.join(' or ')}`);
  return wrong;
}

export function codeOf(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { code?: string }).code;
  } catch {
    return undefined;
  }
}

const excerpt = (body: Buffer): string => body.toString('utf8', 0, 200);
