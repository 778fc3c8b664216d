import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DOCS = join(__dirname, '../../docs/webhooks.md');

/** A request to be judged. A header that is missing is undefined. */
export interface Attempt {
  /** A secret for `v1`, a public key for `v1a`. */
  key: string;
  id: string | undefined;
  timestamp: string | undefined;
  signatures: string | undefined;
  body: Buffer;
}

export interface Sample {
  /** Of the section of docs/webhooks.md that has it. */
  heading: string;
  /** Of its block there. */
  fence: string;
  /** Succeeds where the language is there, in a version that the sample can be run with. */
  probe: string[];
  command: string[];
  file: string;
  /** The sample made a program: a line of `fields` for each attempt in, a line with the verdict out. */
  program: (sample: string) => string;
}

const nodeProgram =
  (name: string) =>
  (sample: string): string => `${sample}
for (const line of require('node:fs').readFileSync(0, 'utf8').trim().split('\\n')) {
  const [key, id, timestamp, signatures, body] = line
    .split(' ').map((field) => (field === '-' ? undefined : Buffer.from(field.slice(1), 'base64')));
  const headers = {};
  if (id) headers['webhook-id'] = id.toString('latin1');
  if (timestamp) headers['webhook-timestamp'] = timestamp.toString('latin1');
  if (signatures) headers['webhook-signature'] = signatures.toString('latin1');
  try { console.log(String(${name}(key.toString(), headers, body))); } catch (error) { console.log('threw ' + error); }
}
`;

const pythonProgram =
  (name: string) =>
  (sample: string): string => `${sample}
import sys
for line in sys.stdin.read().splitlines():
    key, id, timestamp, signatures, body = (
        None if field == "-" else base64.b64decode(field[1:]) for field in line.split(" "))
    given = {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures}
    headers = {name: value.decode("latin-1") for name, value in given.items() if value is not None}
    try:
        print(str(${name}(key.decode(), headers, body)).lower())
    except Exception as error:
        print("threw " + repr(error))
`;

const javaProgram = (sample: string): string => {
  const at = sample.indexOf('final class');
  return `${sample.slice(0, at)}
public class Main {
    static byte[] read(String field) {
        return field.equals("-") ? null : Base64.getDecoder().decode(field.substring(1));
    }
    static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
    }
    public static void main(String[] arguments) throws Exception {
        String all = new String(System.in.readAllBytes(), StandardCharsets.US_ASCII);
        for (String line : all.trim().split("\\n")) {
            String[] f = line.split(" ");
            try {
                System.out.println(Callbacks.verify(
                    text(read(f[0])), text(read(f[1])), text(read(f[2])), text(read(f[3])), read(f[4])));
            } catch (Exception error) {
                System.out.println("threw " + error);
            }
        }
    }
}
${sample.slice(at)}`;
};

const goProgram = (sample: string): string => {
  const imports = /^\/\/ import (.+)$/m.exec(sample)?.[1] ?? '';
  return `package main

import (
${imports.replaceAll(', ', '\n')}
)
import ("bufio"; "fmt"; "os")

${sample}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var read [5][]byte
		h := http.Header{}
		for i, field := range strings.Split(in.Text(), " ") {
			if field == "-" {
				continue
			}
			read[i], _ = base64.StdEncoding.DecodeString(field[1:])
			if i > 0 && i < 4 {
				h.Set([]string{"", "webhook-id", "webhook-timestamp", "webhook-signature"}[i], string(read[i]))
			}
		}
		fmt.Println(Verify(string(read[0]), h, read[4]))
	}
}
`;
};

const phpProgram = (sample: string): string => `<?php
set_error_handler(function ($number, $message) { throw new ErrorException($message); });
${sample}
while (($line = fgets(STDIN)) !== false) {
    [$key, $id, $timestamp, $signatures, $body] = array_map(
        fn($field) => $field === '-' ? null : base64_decode(substr($field, 1)), explode(' ', rtrim($line)));
    $given = ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signatures];
    $headers = array_filter($given, fn($value) => $value !== null);
    try {
        echo verify($key, $headers, $body) ? "true\\n" : "false\\n";
    } catch (Throwable $error) {
        echo 'threw ', $error->getMessage(), "\\n";
    }
}
`;

const NODE = {
  fence: 'js',
  probe: [process.execPath, '-v'],
  command: [process.execPath],
  file: 'sample.cjs',
};
const PYTHON = { fence: 'python', command: ['python3'], file: 'sample.py' };

export const V1_SAMPLES: Sample[] = [
  { ...NODE, heading: 'Node', program: nodeProgram('verify') },
  {
    ...PYTHON,
    heading: 'Python',
    probe: ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))'],
    program: pythonProgram('verify'),
  },
  {
    heading: 'Java',
    fence: 'java',
    // A program is compiled as it is run: what the compiler is not part of does not count.
    probe: ['java', '--limit-modules', 'jdk.compiler', '--version'],
    command: ['java', '-XX:TieredStopAtLevel=1'],
    file: 'Main.java',
    program: javaProgram,
  },
  {
    heading: 'Go',
    fence: 'go',
    probe: ['go', 'version'],
    command: ['go', 'run'],
    file: 'main.go',
    program: goProgram,
  },
  {
    heading: 'PHP',
    fence: 'php',
    probe: ['php', '-r', 'exit(PHP_VERSION_ID < 70400 ? 1 : 0);'],
    command: ['php', '-d', 'display_errors=stderr'],
    file: 'sample.php',
    program: phpProgram,
  },
];

const V1A_HEADING = 'Public keys (`v1a`)';
export const V1A_SAMPLES: Sample[] = [
  { ...NODE, heading: V1A_HEADING, program: nodeProgram('verifyV1a') },
  {
    ...PYTHON,
    heading: V1A_HEADING,
    probe: [
      'python3',
      '-c',
      'import sys, cryptography.hazmat.primitives.asymmetric.ed25519; sys.exit(sys.version_info < (3, 9))',
    ],
    program: pythonProgram('verify_v1a'),
  },
];

export const canRun = ({ probe: [command = '', ...args] }: Sample): boolean =>
  spawnSync(command, args, { timeout: 30_000 }).status === 0;

/** The block as it stands in the docs. */
function textOf({ heading, fence }: Sample): string {
  const section = readFileSync(DOCS, 'utf8')
    .split(`\n### ${heading}\n`)[1]
    ?.split(/\n###? /)[0];
  const block = section?.split(`\n\`\`\`${fence}\n`)[1]?.split('\n```\n')[0];
  if (block === undefined) throw new Error(`docs/webhooks.md has no ${fence} block below "${heading}"`);
  return block;
}

/** What the sample says of each attempt: `true`, `false`, or what it threw. */
export function verdictsOf(sample: Sample, attempts: readonly Attempt[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'order-reports-sample-'));
  try {
    writeFileSync(join(folder, sample.file), sample.program(textOf(sample)));
    const [command = '', ...args] = sample.command;
    const { status, stdout, stderr } = spawnSync(command, [...args, sample.file], {
      cwd: folder,
      input: attempts.map(fields).join('\n') + '\n',
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '' },
    });
    if (status !== 0) throw new Error(`${sample.file} ended with ${String(status)}: ${stderr}`);
    return stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In base64 behind a sign, so that none is empty. */
const fields = ({ key, id, timestamp, signatures, body }: Attempt): string =>
  [key, id, timestamp, signatures, body]
    .map((value) =>
      value === undefined ? '-' : `=${Buffer.from(value as string, 'latin1').toString('base64')}`,
    )
    .join(' ');
