// Package httpx has the small rules of HTTP that the client and the packages
// which authenticate it must apply alike. It needs the standard library alone.
package httpx

import (
	"context"
	"reflect"
	"time"
)

// Sleep returns after d, or earlier with the error of ctx if that ends.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// IsNil reports whether v is nil, or a nil pointer, function or map inside an
// interface, which a variable that was never assigned leaves behind.
func IsNil(v any) bool {
	if v == nil {
		return true
	}
	switch v := reflect.ValueOf(v); v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map:
		return v.IsNil()
	}
	return false
}
