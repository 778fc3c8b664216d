import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const REPOSITORY = join(__dirname, '../..');

/** As CONTRIBUTING.md has it. Jest takes what follows `--selectProjects` for one more project. */
it('npm run check:unit -- <folder> runs the unit tests of that folder', () => {
  const listed = execFileSync('npm', ['run', '--silent', 'check:unit', '--', 'src/config', '--listTests'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  const files = listed.match(/.+\.spec\.ts$/gm) ?? [];
  expect(files).toContain(join(REPOSITORY, 'src/config/app-config.spec.ts'));
  expect(files.filter((file) => !file.startsWith(join(REPOSITORY, 'src/config/')))).toEqual([]);
});
