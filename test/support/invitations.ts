import type { ProvenPerson } from '#subgraphs/tenants/invitations/proven-person.ts';

export interface Invited {
  readonly invitation: { readonly id: string; readonly [field: string]: unknown };
  readonly link: string;
}
const FIELDS = 'id email role customRole anyEmail message status invitedBy expiresAt member { id }';
export const INVITE = `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { ${FIELDS} } link } }`;
export const RESEND = `mutation ($id: ID!) { resendInvitation(id: $id) { invitation { ${FIELDS} } link } }`;
export const REVOKE = `mutation ($id: ID!) { revokeInvitation(id: $id) { ${FIELDS} revokedAt } }`;
export const LIST = `query ($filter: InvitationFilter) { invitations(filter: $filter) { edges { node { ${FIELDS} } } totalCount } }`;

export interface Listed {
  readonly invitations: {
    readonly edges: readonly { readonly node: Invited['invitation'] }[];
    readonly totalCount: number;
  };
}

export const readSecret = ({ link }: Invited) => new URL(link).searchParams.get('token') ?? '';
export const person = (subject = 'ada', more: Partial<ProvenPerson> = {}): ProvenPerson => ({
  ...{ issuerId: 'default', issuer: 'https://people.example', subject },
  ...{ email: 'ada@example.com', isEmailVerified: true },
  ...more,
});
