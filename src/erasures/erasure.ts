import type { EntityManager } from 'typeorm';

/** Who is erased: a customer of a client, or a client with all that it has. */
export type ErasureSubject = 'person' | 'client';

export enum ErasureStatus {
  Pending = 'PENDING',
  InProgress = 'IN_PROGRESS',
  Completed = 'COMPLETED',
}

/** What went, as it is counted. */
export const ERASED_KINDS = ['orders', 'jobs', 'files', 'uploads', 'messages', 'deliveries'] as const;

export type ErasedCounts = Partial<Record<(typeof ERASED_KINDS)[number], number>>;

/** What the name of an erased person becomes, and a text that held it. */
export const ERASED = '[erased]';

/** An erasure that this process works on. Its changes name the attempt. */
export interface ErasureAtWork {
  id: string;
  subject: ErasureSubject;
  client_id: string;
  /** Of a person. */
  customer_reference: string | null;
  asked_by_key_id: string;
  step: string;
  cursor: unknown;
  attempt: number;
  created_at: Date;
}

/** What a batch has come to, and where the erasure goes on. */
export interface BatchEnd {
  goesOn: 'here' | 'later' | 'next' | { at: string };
  cursor: unknown;
  counts: ErasedCounts;
  /** Jobs; where it goes on later. */
  waitingFor: number | null;
}

/** There is more of the step. */
export const goesOnHere = (cursor: unknown, counts: ErasedCounts = {}): BatchEnd => ({
  goesOn: 'here',
  cursor,
  counts,
  waitingFor: null,
});

/** Something has to end before. */
export const goesOnLater = (cursor: unknown, waitingFor: number, counts: ErasedCounts = {}): BatchEnd => ({
  goesOn: 'later',
  cursor,
  counts,
  waitingFor,
});

/** The step is done. @param cursor where the next one begins */
export const goesOnNext = (counts: ErasedCounts = {}, cursor: unknown = null): BatchEnd => ({
  goesOn: 'next',
  cursor,
  counts,
  waitingFor: null,
});

/** An earlier step has something to do again. */
export const goesOnAt = (step: string, counts: ErasedCounts = {}): BatchEnd => ({
  goesOn: { at: step },
  cursor: null,
  counts,
  waitingFor: null,
});

/** Runs a batch in a transaction, with which its end is stored. To be called once in each run of a step. */
export type InTransaction = (batch: (manager: EntityManager) => Promise<BatchEnd>) => Promise<void>;

/** Does one batch. It may be done again after a crash. */
export type ErasureStep = (erasure: ErasureAtWork, inTransaction: InTransaction) => Promise<void>;

/** How a subject is erased. */
export interface ErasureSteps {
  /** In their order. */
  readonly steps: Readonly<Record<string, ErasureStep>>;
}
