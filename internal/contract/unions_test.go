package contract_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

func TestUnionsAreReadAsWhatTheyAre(t *testing.T) {
	var tree gen.LayoutTree
	if err := json.Unmarshal([]byte(`{"version":1,"children":[{"id":"t","type":"Tabs","children":[]},{"id":"w","type":"Widgets","children":[]},{"id":"s","type":"Sidebar","children":[{"id":"l","type":"RelatedLists"}]}]}`), &tree); err != nil {
		t.Fatal(err)
	}
	page, err := tree.AsRecordPageTree()
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{}
	for _, part := range page.Children {
		value, err := part.ValueByDiscriminator()
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, fmt.Sprintf("%T", value))
	}
	if want := []string{"gen.LayoutTabs", "gen.LayoutWidgets", "gen.LayoutSidebar"}; !slices.Equal(kinds, want) {
		t.Errorf("parts %v, want %v", kinds, want)
	}
	if _, err := page.Children[0].AsLayoutSidebar(); err == nil || !strings.Contains(err.Error(), `"Tabs"`) {
		t.Errorf("tabs were read as a sidebar: %v", err)
	}
	sidebar, err := page.Children[2].AsLayoutSidebar()
	if err != nil {
		t.Fatal(err)
	}
	if panel, err := sidebar.Children[0].AsSidebarPanel(); err != nil || panel.Type != gen.SidebarPanelTypeRelatedLists {
		t.Errorf("panel %+v, %v", panel, err)
	}

	var part gen.RecordPagePart
	if err := part.FromLayoutTabs(gen.LayoutTabs{ID: "t"}); err != nil {
		t.Fatal(err)
	}
	if kind, err := part.Discriminator(); err != nil || kind != "Tabs" {
		t.Errorf("a part made from tabs is %q, %v", kind, err)
	}
	if err := json.Unmarshal([]byte(`{"type":"Later"}`), &part); err != nil {
		t.Fatal(err)
	}
	if _, err := part.ValueByDiscriminator(); err == nil || !strings.Contains(err.Error(), `"Later"`) {
		t.Errorf("a part of an unknown kind: %v", err)
	}
}

// A document of one branch is not read as another.
func TestNoUnionIsReadAsWhatItIsNot(t *testing.T) {
	for _, tt := range []struct {
		union    string
		document string
		as       map[string]func([]byte) error
		is       string
	}{
		{"LayoutTree", `{"version":1,"children":[{"id":"a","type":"NavGroup","props":{"name":"A"},"children":[]},{"id":"b","type":"NavGroup","props":{"name":"B"},"children":[]},{"id":"c","type":"NavGroup","props":{"name":"C"},"children":[]}]}`, layoutTree, "NavigationTree"},
		{"LayoutTree", `{"version":1,"children":[{"id":"t","type":"Tabs","children":[]},{"id":"w","type":"Widgets","children":[]},{"id":"s","type":"Sidebar","children":[]}]}`, layoutTree, "RecordPageTree"},
		{"IngestionMatch", `{"pattern":"*@x"}`, ingestionMatch, "IngestionPattern"},
		{"IngestionMatch", `{"regex":".*"}`, ingestionMatch, "IngestionRegex"},
		{"IngestionMatch", `"a@x.example"`, ingestionMatch, "IngestionAddress"},
		{"EnumEdit", `{"properties":{"items":{"items":{"enum":["a"]}}}}`, enumEdit, "MultiSelectOptions"},
		{"EnumEdit", `{"enum":["a"]}`, enumEdit, "EnumOptions"},
		{"ResourceLinkage", `null`, resourceLinkage, ""},
		{"ResourceLinkage", `[]`, resourceLinkage, "ResourceIdentifiers"},
		{"ResourceLinkage", `{"type":"person","id":"x"}`, resourceLinkage, "ResourceIdentifier"},
		{"PathStep", `"items"`, pathStep, "PathName"},
		{"PathStep", `1.0`, pathStep, "PathIndex"},
	} {
		for name, as := range tt.as {
			if err := as([]byte(tt.document)); (err == nil) != (name == tt.is) {
				t.Errorf("%s %s read as %s: %v", tt.union, tt.document, name, err)
			}
		}
	}
	var unset gen.ResourceLinkage
	if _, err := unset.AsResourceIdentifier(); err == nil {
		t.Error("a union that is not set is read")
	}
}

// as returns a function that reads a document as a branch of a union.
func as[U, T any](branch func(U) (T, error)) func([]byte) error {
	return func(b []byte) error {
		var union U
		if err := json.Unmarshal(b, &union); err != nil {
			return err
		}
		_, err := branch(union)
		return err
	}
}

var (
	layoutTree = map[string]func([]byte) error{
		"NavigationTree": as(gen.LayoutTree.AsNavigationTree),
		"RecordPageTree": as(gen.LayoutTree.AsRecordPageTree),
	}
	ingestionMatch = map[string]func([]byte) error{
		"IngestionAddress": as(gen.IngestionMatch.AsIngestionAddress),
		"IngestionRegex":   as(gen.IngestionMatch.AsIngestionRegex),
		"IngestionPattern": as(gen.IngestionMatch.AsIngestionPattern),
	}
	enumEdit = map[string]func([]byte) error{
		"EnumOptions":        as(gen.EnumEdit.AsEnumOptions),
		"MultiSelectOptions": as(gen.EnumEdit.AsMultiSelectOptions),
	}
	resourceLinkage = map[string]func([]byte) error{
		"ResourceIdentifier":  as(gen.ResourceLinkage.AsResourceIdentifier),
		"ResourceIdentifiers": as(gen.ResourceLinkage.AsResourceIdentifiers),
	}
	pathStep = map[string]func([]byte) error{
		"PathName":  as(gen.PathStep.AsPathName),
		"PathIndex": as(gen.PathStep.AsPathIndex),
	}
)
