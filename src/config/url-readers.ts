import { ValidateBy } from 'class-validator';
import { fileURLToPath } from 'node:url';

const ENCODED = 'with / # ? @ and % in its password as %2F %23 %3F %40 and %25';

const Satisfies = (name: string, rule: string, isFine: (text: string) => boolean): PropertyDecorator =>
  ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value === 'string' && holds(isFine, value),
      defaultMessage: () => `$property must be ${rule}`,
    },
  });

/** What `new URL` and its like throw holds the value, and so perhaps a password: nobody sees it. */
function holds(isFine: (text: string) => boolean, text: string): boolean {
  try {
    return isFine(text);
  } catch {
    return false;
  }
}

/** As the driver reads it, which would otherwise throw, or take a part of the password for the host. */
export const IsDatabaseUrl = (): PropertyDecorator =>
  Satisfies(
    'isDatabaseUrl',
    `a URL such as postgres://user:password@host:5432/database, ${ENCODED}`,
    // Where `?host=` names the folder of a socket, nothing stands between @ and /.
    (text) =>
      /^postgres(ql)?:\/\//.test(text) && endsItsPassword(new URL(text.replace('@/', '@socket/')), text),
  );

export const IsRedisUrl = (): PropertyDecorator =>
  Satisfies(
    'isRedisUrl',
    `a URL such as redis://user:password@host:6379/0, or rediss:, ${ENCODED}`,
    (text) => {
      const url = new URL(text);
      const namesHost = /^rediss?:\/\//.test(text) && url.hostname !== '';
      return namesHost && /^\/?\d*$/.test(url.pathname) && endsItsPassword(url, text);
    },
  );

/** Behind a password that holds `/`, `?` or `#` as they are, its `@` comes after the host. */
function endsItsPassword(url: URL, text: string): boolean {
  decodeURIComponent(text);
  return url.hash === '' && !`${url.pathname}${url.search}`.includes('@');
}

export const IsStorageUrl = (): PropertyDecorator =>
  Satisfies(
    'isStorageUrl',
    'file:///absolute/folder, or s3://bucket/prefix with no more than ?region=eu-central-1&endpoint=https://host',
    (text) => {
      const url = new URL(text);
      return url.protocol === 'file:' ? isFolder(url, text) : /^s3:\/\//.test(text) && isBucket(url);
    },
  );

/** `new URL` takes a folder that is not absolute for one below `/`; a host makes `fileURLToPath` throw. */
const isFolder = (url: URL, text: string): boolean =>
  /^file:\//.test(text) && url.search === '' && url.hash === '' && fileURLToPath(url) !== '';

/** Credentials come from elsewhere; what would not be read is refused, such as a misspelt `endpoint`. */
function isBucket({ hostname, username, password, port, hash, searchParams }: URL): boolean {
  const endpoint = searchParams.get('endpoint');
  return (
    hostname !== '' &&
    `${username}${password}${port}${hash}` === '' &&
    [...searchParams].every(([name, value]) => /^(region|endpoint)$/.test(name) && value !== '') &&
    (endpoint === null || isHttpUrl(endpoint))
  );
}

export const IsPublicUrl = (): PropertyDecorator =>
  Satisfies(
    'isPublicUrl',
    'an http:// or https:// URL such as https://reports.example.com/api, without user, query and fragment',
    isHttpUrl,
  );

function isHttpUrl(text: string): boolean {
  const { username, password } = new URL(text);
  return /^https?:\/\/[^?#]*$/i.test(text) && `${username}${password}` === '';
}

/** As browsers send them: any other spelling would equal none. */
export const IsOriginList = (): PropertyDecorator =>
  Satisfies(
    'isOriginList',
    '* or a comma-separated list of origins such as https://shop.example.com,http://localhost:8080',
    (text) =>
      text === '*' ||
      text.split(',').every((origin) => /^https?:/.test(origin) && new URL(origin).origin === origin),
  );
