import { validateSync } from 'class-validator';
import { NewClientBody } from './new-client.dto';

const isAccepted = (name: string): boolean =>
  validateSync(Object.assign(new NewClientBody(), { name })).length === 0;

it.each(['A', 'Acme Web Shop', 'Müller & Söhne', '東京', '🙂', 'a  b'])(
  'a client may be named %j',
  (name) => {
    expect(isAccepted(name)).toBe(true);
  },
);

it.each(['', ' ', ' a', 'a ', '\u0011', 'le\u0011', '\u0011le', 'a\nb', 'a\u0085', 'a\u00a0', 'a\u2028'])(
  'a client may not be named %j',
  (name) => {
    expect(isAccepted(name)).toBe(false);
  },
);
