/** The values of OTEL_EXPORTER_OTLP_PROTOCOL. */
export const otlpProtocols = ['http/protobuf', 'http/json', 'grpc'] as const;
export type OtlpProtocol = (typeof otlpProtocols)[number];
