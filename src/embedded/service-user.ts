import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CREATED_USER = 'order-reports';

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom Postgres runs as. It refuses to run as root, so root gets `postgres` where that user exists, else a system
 * user made for the purpose, else `nobody`; everybody else runs it as themselves (undefined).
 */
export async function findServiceUser(log: (line: string) => void): Promise<ServiceUser | undefined> {
  if (!isRoot()) return undefined;
  const existing = (await lookUp('postgres')) ?? (await lookUp(CREATED_USER));
  if (existing !== undefined) return existing;
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin'];
  // By its path: that of root after a plain `su` lacks the folder.
  const created = await run('/usr/sbin/useradd', [...options, CREATED_USER]).then(
    () => lookUp(CREATED_USER),
    () => undefined,
  );
  if (created !== undefined)
    log(`created the system user ${CREATED_USER}, because Postgres refuses to run as root`);
  const user = created ?? (await lookUp('nobody'));
  if (user === undefined)
    throw new Error('Postgres refuses to run as root, and there is no other user to run it as.');
  return user;
}

export function isRoot(): boolean {
  return userInfo().uid === 0;
}

/** Whether the user can pass through the folder and everything above it; asked of the system itself. */
export async function canEnter(user: ServiceUser, dir: string): Promise<boolean> {
  return run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

async function lookUp(name: string): Promise<ServiceUser | undefined> {
  const id = async (option: string): Promise<number> => Number((await run('id', [option, name])).stdout);
  try {
    return { uid: await id('-u'), gid: await id('-g') };
  } catch {
    return undefined;
  }
}
