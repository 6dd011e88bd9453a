/** The host of Vertex AI for a location. */
export function toVertexHost(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com';
  if (location === 'eu' || location === 'us') return `aiplatform.${location}.rep.googleapis.com`;
  return `${location}-aiplatform.googleapis.com`;
}

/** Locations are a part of the host. */
export function isVertexLocation(location: string): boolean {
  return /^[a-z0-9-]+$/.test(location);
}
