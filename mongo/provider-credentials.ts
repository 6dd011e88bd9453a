import { defineCollection } from './collection.ts';

/** A provider's key. The secret is sealed by the secret box and leaves only towards the provider. */
export interface ProviderCredentialRecord {
  readonly _id: string;
  readonly providerId: string;
  /** The tenant that owns the provider; null or absent: the mesh. */
  readonly tenantId?: string | null;
  readonly label: string;
  /** The last four characters of a secret that is long enough to spare them, otherwise empty. */
  readonly hint: string;
  readonly sealed: string;
  /** Where the secret may be sent: what the provider's destination was when it was entered; absent on older records. */
  readonly destination?: string;
  /** Its share of the calls among the provider's enabled credentials; ≥ 0. */
  readonly weight: number;
  readonly enabled: boolean;
  /** The secret that a rotation has replaced and that is still used where the new one is rejected; null or absent: none is. */
  readonly previous?: PreviousSecret | null;
  /** When the secret was last replaced by another; absent: it was not, or by an older version. */
  readonly rotatedAt?: Date;
  readonly createdAt: Date;
}

/** A replaced secret of a credential, sealed as that of the credential is. */
export interface PreviousSecret extends Pick<ProviderCredentialRecord, 'hint' | 'sealed' | 'destination'> {
  /** When it is no longer used, and is deleted. */
  readonly endsAt: Date;
}

const text = { type: String, required: true };

/** Written by the models subgraph alone. */
export const providerCredentials = defineCollection<ProviderCredentialRecord>(
  'provider_credentials',
  {
    _id: text,
    providerId: text,
    tenantId: String,
    label: text,
    hint: String,
    sealed: text,
    destination: String,
    weight: { type: Number, required: true },
    enabled: { type: Boolean, required: true },
    previous: {
      type: {
        _id: false,
        hint: String,
        sealed: text,
        destination: String,
        endsAt: { type: Date, required: true },
      },
      default: undefined,
    },
    rotatedAt: Date,
    createdAt: { type: Date, required: true },
  },
  [
    [{ providerId: 1, createdAt: 1 }],
    [{ tenantId: 1, createdAt: 1, _id: 1 }],
    // For those who see every tenant.
    [{ createdAt: 1, _id: 1 }],
    [{ label: 1, _id: 1 }],
    [{ 'previous.endsAt': 1 }, { sparse: true }],
  ],
);
