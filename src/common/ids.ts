import { hostname } from 'node:os';
import { NIL, v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562): sorts by the time of its making. */
export const newId = (): string => v7();

/** Before every other. */
export const NIL_ID: string = NIL;

/** Names a worker in leases and in the log: host, process, and what distinguishes two workers of one process. */
export const newWorkerName = (): string => `${hostname()}:${process.pid}:${newId().slice(-6)}`;
