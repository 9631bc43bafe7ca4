package clarifyredis

// A TokenOption configures [NewTokenStore].
type TokenOption interface{ applyToTokens(*tokenConfig) }

type tokenConfig struct{ prefix string }
