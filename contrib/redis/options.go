package clarifyredis

// Option configures [NewLimiter] and [NewTokenStore].
type Option interface {
	LimiterOption
	TokenOption
}

type prefixOption string

// WithPrefix sets what all keys in Redis begin with. Programs with the same Redis and
// prefix share the rate limit and the tokens. The default is [DefaultPrefix].
func WithPrefix(prefix string) Option { return prefixOption(prefix) }

func (o prefixOption) applyToLimiter(c *limiterConfig) { c.prefix = string(o) }
func (o prefixOption) applyToTokens(c *tokenConfig)    { c.prefix = string(o) }
