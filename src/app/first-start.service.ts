import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { ConfiguredKeyRefusal, ConfiguredKeysService } from '../clients/configured-keys.service';
import { keptApiKey, newKeptApiKey } from '../clients/api-key';
import { Scope } from '../clients/scope';
import { AppConfig } from '../config/app-config';
import { SampleOrdersService } from '../orders/sample-orders.service';

interface KeyOfStart {
  clientName: string;
  /** Names the key; also one that was made because the variable is not set. */
  variable: 'ADMIN_API_KEY' | 'DEMO_API_KEY';
  /** Name of the file that keeps it when it was made here. */
  file: string;
  scopes: Scope[];
}

const OPERATOR: KeyOfStart = {
  clientName: 'Operator',
  variable: 'ADMIN_API_KEY',
  file: 'admin',
  scopes: [Scope.Admin],
};
const DEMO: KeyOfStart = {
  clientName: 'Demo',
  variable: 'DEMO_API_KEY',
  file: 'demo',
  scopes: Object.values(Scope).filter((scope) => scope !== Scope.Admin),
};

const WHY: Record<ConfiguredKeyRefusal, string> = {
  revoked: 'was revoked, and a key that was revoked stays so',
  expired: 'has expired, and a key that has expired stays so',
  of_another_client: 'is the key of another client',
};

/**
 * Makes the clients of the configured keys, and loads the sample orders once. Later starts find them there. A start whose
 * variable holds a key that is not good any more goes on without it; one that was made and kept here is made anew.
 */
@Injectable()
export class FirstStartService implements OnApplicationBootstrap {
  /** The demo client's key; `undefined` when there is none that is good. */
  demoKey: string | undefined;

  private readonly logger = new Logger(FirstStartService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly keys: ConfiguredKeysService,
    private readonly samples: SampleOrdersService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.ensure(OPERATOR, this.config.adminApiKey);
    const demo = await this.ensure(DEMO, this.config.demoApiKey);
    if (demo === undefined) return;
    this.demoKey = demo.key;
    if (!this.config.sampleData) return;
    const loaded = await this.samples.loadOnce(demo.clientId);
    if (loaded > 0) this.logger.log(`${loaded} sample orders loaded for the client ${DEMO.clientName}.`);
  }

  /** @returns the client, with its key when that is good; `undefined` when no key is configured or kept */
  private async ensure(
    wanted: KeyOfStart,
    configured: string | undefined,
  ): Promise<{ clientId: string; key: string | undefined } | undefined> {
    const { clientName, variable, file, scopes } = wanted;
    const { keptKeysDir } = this.config;
    const key = configured ?? (keptKeysDir && (await keptApiKey(keptKeysDir, file)));
    if (key === undefined) return undefined;
    const { clientId, refusal } = await this.keys.ensure(clientName, variable, key, scopes);
    if (refusal === null) return { clientId, key };
    if (configured === undefined && keptKeysDir !== undefined) {
      const again = await newKeptApiKey(keptKeysDir, file);
      await this.keys.ensure(clientName, variable, again, scopes);
      this.logger.warn(
        `The key in ${keptKeysDir}/${file} ${WHY[refusal]}: a new one for the client ${clientName} was made and is kept there.`,
      );
      return { clientId, key: again };
    }
    this.logger.warn(
      `${variable} ${WHY[refusal]}: no request is answered with it. Set ${variable} to a new value, and start again.`,
    );
    return { clientId, key: undefined };
  }
}

/**
 * What a newcomer sees when everything runs: where to look, and lines to paste.
 *
 * @param demoKey `undefined` when the one that is configured is not good
 */
export function welcome(url: string, demoKey: string | undefined): string {
  return `
Order Reports is ready.

  The page    ${url}/
  API docs    ${url}/docs
  Demo key    ${demoKey ?? 'DEMO_API_KEY is not good any more: set it to a new value, or leave it out and get one'}
${demoKey === undefined ? '' : linesToPaste(url, demoKey)}
Ctrl-C stops everything.`;
}

const linesToPaste = (url: string, key: string): string => `
Ask for a PDF of the orders of 2016, wait for it, and fetch it:

  KEY='${key}'
  STATUS=${new URL(url).origin}$(curl -sS -D - -o /dev/null ${url}/v1/orders/reports -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d '{"start_date":"2016-01-01","end_date":"2017-01-01"}' \\
    | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
  until [ "$(curl -sS -o /dev/null -w '%{http_code}' "$STATUS" -H "Authorization: Bearer $KEY")" != 200 ]; do sleep 1; done
  curl -sSL "$STATUS" -H "Authorization: Bearer $KEY" -o orders-2016.pdf && ls -l orders-2016.pdf
`;
