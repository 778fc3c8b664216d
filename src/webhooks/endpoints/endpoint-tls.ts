import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { invalidField } from '../../common/app-error';

/** TLS settings of an endpoint as its owner gives them: `undefined` for unchanged, `null` for none. */
export interface TlsSettings {
  certificate_authority?: string | null;
  client_certificate?: string | null;
  client_key?: string | null;
}

/** @throws AppError 422 that names the bad one */
export function checkTlsSettings({
  certificate_authority = null,
  client_certificate = null,
  client_key = null,
}: TlsSettings): void {
  if (certificate_authority !== null) {
    accepted('certificate_authority', 'must be the certificate of an authority (CA:TRUE) in PEM', () => {
      if (!new X509Certificate(certificate_authority).ca) throw new Error('not an authority');
      createSecureContext({ ca: certificate_authority });
    });
  }
  if ((client_certificate === null) !== (client_key === null)) {
    const [field, other] =
      client_key === null ? ['client_key', 'client_certificate'] : ['client_certificate', 'client_key'];
    throw invalidField(field, `${field} must be given together with ${other}`);
  }
  if (client_certificate !== null && client_key !== null) {
    accepted(
      'client_certificate',
      'must be a certificate in PEM',
      () => new X509Certificate(client_certificate),
    );
    accepted(
      'client_key',
      'must be the private key of client_certificate, in PEM and without a passphrase',
      () => createSecureContext({ cert: client_certificate, key: client_key }),
    );
  }
}

function accepted(field: string, rule: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch {
    throw invalidField(field, `${field} ${rule}`);
  }
}
