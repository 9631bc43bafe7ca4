package telemetry_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	client "github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.yaml.in/yaml/v4"

	"github.com/clarify-go/clarify"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

// exposition has the labels of each metric, as Prometheus gets them from a program that
// has met all that the metrics are about.
func exposition(t *testing.T) map[string]map[string]bool {
	t.Helper()
	registry := client.NewRegistry()
	exporter, err := prometheus.New(prometheus.WithRegisterer(registry), prometheus.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithSuffixes))
	if err != nil {
		t.Fatal(err)
	}
	observer := clarifyotel.NewObserver(clarifyotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter))))
	found := map[string]map[string]bool{}
	for _, family := range gather(t, observer, registry) {
		names := []string{family.GetName()}
		if family.GetType().String() == "HISTOGRAM" {
			names = []string{family.GetName() + "_count", family.GetName() + "_sum", family.GetName() + "_bucket"}
		}
		for _, name := range names {
			labels := map[string]bool{"le": strings.HasSuffix(name, "_bucket")}
			for _, m := range family.GetMetric() {
				for _, label := range m.GetLabel() {
					labels[label.GetName()] = true
				}
			}
			found[name] = labels
		}
	}
	return found
}

// gather returns what is recorded when an observer has met everything.
func gather(t *testing.T, observer clarify.Observer, registry *client.Registry) (families []*dto.MetricFamily) {
	synctest.Test(t, func(t *testing.T) {
		meetAll(t, observer)
		var err error
		if families, err = registry.Gather(); err != nil {
			t.Fatal(err)
		}
	})
	return families
}

// wantQuery checks that a query asks for metrics and labels that there are, and returns the
// metrics.
func wantQuery(t *testing.T, query string, exposed map[string]map[string]bool) (names []string) {
	t.Helper()
	plain := strings.NewReplacer("$__rate_interval", "5m", "$workspace", ".*").Replace(query)
	parsed, err := metricsql.Parse(plain)
	if err != nil {
		t.Errorf("%v in %s", err, query)
		return nil
	}
	var by []string
	metricsql.VisitAll(parsed, func(e metricsql.Expr) {
		switch e := e.(type) {
		case *metricsql.AggrFuncExpr:
			by = append(by, e.Modifier.Args...)
		case *metricsql.MetricExpr:
			for _, filters := range e.LabelFilterss {
				name := filters[0].Value
				if filters[0].Label != "__name__" || exposed[name] == nil {
					t.Errorf("there is no metric %q, in %s", name, query)
					continue
				}
				names = append(names, name)
				for _, filter := range filters[1:] {
					if !exposed[name][filter.Label] {
						t.Errorf("%s has no label %q, in %s", name, filter.Label, query)
					}
				}
			}
		}
	})
	for _, name := range names {
		for _, label := range by {
			if !exposed[name][label] {
				t.Errorf("%s has no label %q, in %s", name, label, query)
			}
		}
	}
	return names
}

// docs is the directory of the documents.
var docs = filepath.Join("..", "..", "docs")

func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Type    string
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	exposed := exposition(t)
	asked, ids := map[string]bool{}, map[int]bool{}
	legend := regexp.MustCompile(`{{(\w+)}}`)
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] || (len(panel.Targets) == 0) != (panel.Type == "row") {
			t.Errorf("the panel %q has the id of another one, or no query", panel.Title)
		}
		ids[panel.ID] = true
		for _, target := range panel.Targets {
			for _, name := range wantQuery(t, target.Expr, exposed) {
				asked[family(name)] = true
			}
			for _, label := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				if !regexp.MustCompile(`by \([^)]*\b` + label[1] + `\b`).MatchString(target.Expr) {
					t.Errorf("the legend of %q has %s, and its query has not", panel.Title, label[1])
				}
			}
		}
	}
	// Everything is on it.
	for name := range exposed {
		if name != "target_info" && !strings.HasPrefix(name, "otel_scope") && !asked[family(name)] {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
	for _, variable := range dashboard.Templating.List {
		values, ok := strings.CutPrefix(variable.Definition, "label_values(")
		if !ok {
			continue
		}
		name, label, _ := strings.Cut(strings.TrimSuffix(values, ")"), ", ")
		if !exposed[name][label] {
			t.Errorf("the variable %s asks for %s of %s, which it does not have", variable.Name, label, name)
		}
	}
}

// family returns the name of a metric without what a histogram appends to it.
func family(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

func TestTheAlertsAskForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				For                 string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	production, err := os.ReadFile(filepath.Join(docs, "production.md"))
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(production), -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		headings[strings.ReplaceAll(anchor, " ", "-")] = true
	}
	exposed := exposition(t)
	names := map[string]bool{}
	label := regexp.MustCompile(`\$labels\.(\w+)`)
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if names[rule.Alert] || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("the alert %q is there twice, or lacks a severity or a summary", rule.Alert)
			}
			names[rule.Alert] = true
			if len(wantQuery(t, rule.Expr, exposed)) == 0 {
				t.Errorf("%s asks for nothing", rule.Alert)
			}
			if rule.For != "" {
				if _, err := time.ParseDuration(rule.For); err != nil {
					t.Errorf("%s: %v", rule.Alert, err)
				}
			}
			for _, used := range label.FindAllStringSubmatch(rule.Annotations["description"], -1) {
				if !regexp.MustCompile(`by \([^)]*\b` + used[1] + `\b`).MatchString(rule.Expr) {
					t.Errorf("%s describes %s, and its expression does not keep it", rule.Alert, used[1])
				}
			}
			path, anchor, _ := strings.Cut(rule.Annotations["runbook"], "#")
			if path != "docs/production.md" || !headings[anchor] {
				t.Errorf("%s: there is no %q", rule.Alert, rule.Annotations["runbook"])
			}
			if !strings.Contains(string(production), "`"+rule.Alert+"`") {
				t.Errorf("docs/production.md does not name %s", rule.Alert)
			}
		}
	}
	if len(names) == 0 {
		t.Error("there are no alerts")
	}
}
