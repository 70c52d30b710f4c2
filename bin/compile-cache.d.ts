export function ownCacheFolder(environment?: NodeJS.ProcessEnv, user?: number): string | undefined;
