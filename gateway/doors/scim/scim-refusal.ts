import { BadRequest } from '../../http/problem.ts';

/** The kinds of errors that RFC 7644, section 3.12, has names for. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'uniqueness';

/** A request that breaks a rule of SCIM. */
export class ScimRefusal extends BadRequest {
  readonly scimType: ScimType;

  constructor(scimType: ScimType, message: string) {
    super(400, message);
    this.scimType = scimType;
  }
}
