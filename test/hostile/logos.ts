import { HOSTILE_PNGS, type HostileLogo, hostileSvgs } from '../brands/hostile-logos';
import { broken, type Case, refused } from './cases';

const put =
  (type: string) =>
  ({ name, file, refused: isRefused }: HostileLogo): Case => ({
    name: `PUT /v1/brand/logo: ${type}: ${name}`,
    run: async ({ target, tenant }) => {
      const call = { key: tenant.key, headers: { 'content-type': type }, body: file };
      // Several at once: what each takes is taken together.
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => target.call('PUT', '/v1/brand/logo', call)),
      );
      return answers.flatMap((answer) => {
        if (isRefused !== undefined) return refused(answer, 422, 'invalid_logo');
        return answer.status === 200 ? [] : [...broken(answer), `answered ${answer.status}`];
      });
    },
  });

export const LOGO_CASES: Case[] = [
  ...hostileSvgs('http://127.0.0.1:9').map(put('image/svg+xml')),
  ...HOSTILE_PNGS.map(put('image/png')),
];
