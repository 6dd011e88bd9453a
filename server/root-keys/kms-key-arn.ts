/** `arn:<partition>:kms:<region>:<account>:key/<id>`, or `:alias/<name>`; its partition and region. */
export const kmsKeyArn = /^arn:(aws(?:-[a-z]+)*):kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[\w/-]{1,256}$/;
