import type { FieldError } from '../common/app-error';
import { isWritable } from '../common/http/unreadable-fields';
import { hasControlCharacters } from '../common/plain-text';

/** What a caller calls a job by: for the caller alone, who finds it again by them. */
export interface JobLabels {
  /** Names and texts, in the order in which they were given. */
  metadata: Record<string, string>;
  tags: string[];
}

/** As a submission may give them. */
export type GivenLabels = { [Label in keyof JobLabels]?: JobLabels[Label] | undefined };

/** Characters are code points, as in a JSON Schema. */
export const LABEL_LIMITS = {
  pairs: 20,
  nameCharacters: 40,
  /** Of all metadata as JSON. */
  metadataBytes: 4_096,
  tags: 10,
  tagCharacters: 50,
} as const;

/**
 * What is wrong with metadata.
 *
 * @returns fields as they follow the name of the whole: `.colour` is one of its members, and nothing the whole
 */
export function faultsOfMetadata(metadata: unknown): FieldError[] {
  const { pairs, metadataBytes } = LABEL_LIMITS;
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    return [{ field: '', message: 'must be an object of names and texts' }];
  const entries = Object.entries(metadata);
  if (entries.length > pairs) return [{ field: '', message: `must have at most ${pairs} names` }];
  const faults = entries.flatMap(([name, text]) => {
    const message = faultOfName(name) ?? (isPlain(text) ? undefined : `must be text ${WITHOUT}`);
    return message === undefined ? [] : [{ field: `.${name}`, message }];
  });
  if (faults.length > 0 || Buffer.byteLength(JSON.stringify(metadata)) <= metadataBytes) return faults;
  return [{ field: '', message: `must have at most ${metadataBytes} bytes as JSON` }];
}

/**
 * What is wrong with tags.
 *
 * @returns fields as they follow the name of the whole: `[3]` is one of them, and nothing the whole
 */
export function faultsOfTags(tags: unknown): FieldError[] {
  if (!Array.isArray(tags)) return [{ field: '', message: 'must be a list of texts' }];
  if (tags.length > LABEL_LIMITS.tags)
    return [{ field: '', message: `must have at most ${LABEL_LIMITS.tags} elements` }];
  return tags.flatMap((tag: unknown, index) => {
    const message = faultOfTag(tag) ?? (tags.indexOf(tag) < index ? 'is there twice' : undefined);
    return message === undefined ? [] : [{ field: `[${index}]`, message }];
  });
}

/** What is wrong with one tag. */
export const faultOfTag = (tag: unknown): string | undefined =>
  isPlain(tag) && hasCharacters(tag, LABEL_LIMITS.tagCharacters)
    ? undefined
    : `must be text of 1 to ${LABEL_LIMITS.tagCharacters} characters, ${WITHOUT}`;

function faultOfName(name: string): string | undefined {
  // They mean something to objects, and would be dropped where one is copied.
  if (name in Object.prototype) return 'must have another name';
  return isPlain(name) && hasCharacters(name, LABEL_LIMITS.nameCharacters)
    ? undefined
    : `must have a name of 1 to ${LABEL_LIMITS.nameCharacters} characters, ${WITHOUT}`;
}

const WITHOUT = 'without control characters and unpaired surrogates';

const isPlain = (text: unknown): text is string =>
  typeof text === 'string' && isWritable(text) && !hasControlCharacters(text);

const hasCharacters = (text: string, most: number): boolean => new RegExp(`^.{1,${most}}$`, 'su').test(text);
