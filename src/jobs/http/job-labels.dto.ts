import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions, ApiQuery } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize } from 'class-validator';
import { namesFaults } from '../../common/http/named-faults';
import { ONE_LINE_PATTERN } from '../../common/plain-text';
import { MayBeLeftOut } from '../../common/validators';
import { faultOfTag, faultsOfMetadata, faultsOfTags, type GivenLabels, LABEL_LIMITS } from '../job-labels';

/** Of a tag, for the documents. */
export const TAG_SCHEMA = {
  type: 'string',
  minLength: 1,
  maxLength: LABEL_LIMITS.tagCharacters,
  pattern: ONE_LINE_PATTERN,
} as const;

/** Of what is given of tags, for the documents. */
const TAGS_SCHEMA = {
  type: 'array',
  items: TAG_SCHEMA,
  maxItems: LABEL_LIMITS.tags,
  uniqueItems: true,
} as const;

/** Of metadata, for the documents. */
export const METADATA_SCHEMA = {
  type: 'object',
  additionalProperties: { type: 'string', pattern: ONE_LINE_PATTERN },
  propertyNames: { minLength: 1, maxLength: LABEL_LIMITS.nameCharacters, pattern: ONE_LINE_PATTERN },
  maxProperties: LABEL_LIMITS.pairs,
} as const;

const METADATA =
  'Your own names and texts, to know the job by: shown with it, in its events and in callbacks. ' +
  `In all up to ${LABEL_LIMITS.metadataBytes} bytes as JSON.`;

const TAGS = 'Lists of jobs filter by them, and endpoints select events by them.';

const IsMetadata = (): PropertyDecorator => namesFaults('isMetadata', faultsOfMetadata);

/** Tags: different, and few. */
export const AreTags = (options: ApiPropertyOptions): PropertyDecorator =>
  applyDecorators(
    MayBeLeftOut(),
    ArrayMaxSize(LABEL_LIMITS.tags),
    namesFaults('areTags', faultsOfTags),
    ApiPropertyOptional({ ...TAGS_SCHEMA, ...options }),
  );

/** What every body that submits a job may have. */
export class JobLabelsBody implements GivenLabels {
  @ApiPropertyOptional({
    ...METADATA_SCHEMA,
    example: { customer: 'C-1042', purpose: 'year-end' },
    description: METADATA,
  })
  @MayBeLeftOut()
  @IsMetadata()
  metadata?: Record<string, string>;

  @AreTags({ example: ['year-end'], description: TAGS })
  tags?: string[];
}

const METADATA_QUERY = {
  example: '{"customer":"C-1042"}',
  description: `A JSON object of up to ${LABEL_LIMITS.pairs} names (of ${LABEL_LIMITS.nameCharacters} characters) and texts. ${METADATA}`,
};
const TAG_QUERY = { example: ['year-end'], description: `Repeated for several. ${TAGS}` };

/** The same where the body is something else. */
export class JobLabelsQuery {
  @ApiPropertyOptional({ type: String, ...METADATA_QUERY })
  @MayBeLeftOut()
  @Transform(toJson)
  @IsMetadata()
  metadata?: Record<string, string>;

  @AreTags(TAG_QUERY)
  @Transform(({ value }: { value: unknown }) => [value].flat())
  tag?: string[];
}

/** Documents the same of a route that reads its query by itself. */
export const ApiJobLabelsQuery = (when: string): MethodDecorator => {
  const { description: ofMetadata, example: metadata } = METADATA_QUERY;
  const { description: ofTag, example: tag } = TAG_QUERY;
  return applyDecorators(
    ApiQuery({
      name: 'metadata',
      required: false,
      description: `${when} ${ofMetadata}`,
      schema: { type: 'string', example: metadata },
    }),
    ApiQuery({
      name: 'tag',
      required: false,
      description: `${when} ${ofTag}`,
      schema: { ...TAGS_SCHEMA, example: tag },
    }),
  );
};

/** The labels of a submission. */
export const labelsOf = ({ metadata, tag }: JobLabelsQuery): GivenLabels => ({
  ...(metadata !== undefined && { metadata }),
  ...(tag !== undefined && { tags: tag }),
});

/** For a list of jobs: those with the tag. */
export const IsTagFilter = (): PropertyDecorator =>
  applyDecorators(
    MayBeLeftOut(),
    namesFaults('isTag', (tag) => {
      const message = faultOfTag(tag);
      return message === undefined ? [] : [{ field: '', message }];
    }),
    ApiPropertyOptional({
      ...TAG_SCHEMA,
      example: 'year-end',
      description: 'Only jobs that were given this tag.',
    }),
  );

/** Text that is JSON; what is none stays as it is, and is refused. */
export function toJson({ value }: { value: unknown }): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return value;
  }
}
