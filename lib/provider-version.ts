/**
 * The version of the integrations/github provider, one behaviour only: later and earlier 6.x versions differ a lot
 * (reference: provider.md table 0.1). `tools/provider/go.mod` builds the same one; a test compares them.
 */
export const providerVersion = "6.13.0";
