/** Names of what a credential is made of, on GitHub. */
export const credentialsEnvironment = "upstream-sync";
export const deployKeySecret = "UPSTREAM_SYNC_DEPLOY_KEY";
export const appSecret = "UPSTREAM_SYNC_APP";
export const upstreamTokenSecret = "UPSTREAM_SYNC_UPSTREAM_TOKEN";
export const deployKeyTitle = "upstream-sync";
