/** How TLS is spoken with an endpoint; everything in PEM. Empty: public authorities, and no certificate of ours. */
export interface TlsProfile {
  /** Trusted instead of the public authorities. */
  ca?: string;
  cert?: string;
  key?: string;
}
