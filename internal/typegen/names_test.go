package typegen

import (
	"go/token"
	"strings"
	"testing"
)

func TestGoNames(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"name", "Name"}, {"company_id", "CompanyID"}, {"avatar_url", "AvatarURL"}, {"c_partner_deal_id", "CPartnerDealID"},
		{"ical_uid", "ICalUID"}, {"email_addresses", "EmailAddresses"}, {"api_url", "APIURL"}, {"https", "HTTPS"}, {"user_ids", "UserIDs"}, {"html_id", "HTMLID"},
		{"a1", "A1"}, {"line_2", "Line_2"}, {"line2", "Line2"}, {"end", "End"}, {"type", "Type"}, {"é", "É"}, {"größe", "Größe"}, {"имя", "Имя"},
		// What a struct has already.
		{"extra", "Extra_"}, {"system", "System_"}, {"id", "ID_"}, {"created_at", "CreatedAt_"}, {"marshal_json", "MarshalJSON_"}, {"attribute_at", "AttributeAt_"},
		// What cannot begin a Go name.
		{"2nd", "Field2nd_"}, {"2nd_place", "Field2ndPlace_"}, {"名前", "Field名前_"},
		// What is not in snake_case.
		{"a-b", "AB_x"}, {"companyId", "CompanyID_x"}, {"i_d", "ID_x"}, {"http_s", "HTTPS_x"}, {"Deal type", "DealType_x"}, {"a__b", "AB_x"}, {"_a", "A_x"}, {"a_", "A_x"},
		{"", "Field_x"}, {"🚀", "Field_x"}, {"!", "Field_x"}, {"\x00", "Field_x"}, {"Extra", "Extra_x"}, {"id_", "ID_x"}, {"Field2nd_", "Field2nd_x"},
	} {
		got := goName(test.name, "Field", reservedFields)
		if hashed := strings.HasSuffix(test.want, "_x"); hashed && len(got) == len(test.want)+6 {
			got = got[:len(test.want)]
		}
		if got != test.want {
			t.Errorf("%q is %s, want %s", test.name, got, test.want)
		}
	}
}

func TestPlurals(t *testing.T) {
	for name, want := range map[string]string{
		"Person": "People", "SalesPerson": "SalesPeople", "Company": "Companies", "Deal": "Deals", "Survey": "Surveys", "Address": "Addresses", "Box": "Boxes", "Branch": "Branches",
		"Status": "Statuses", "Projects": "ProjectsRecords", "News": "NewsRecords", "Line_2": "Line_2Records", "Object名前_": "Object名前_Records", "UserID": "UserIDRecords",
	} {
		if got := plural(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestOptionNames(t *testing.T) {
	for value, want := range map[string]string{
		"Won": "Won", "Closed won": "ClosedWon", "to_do": "ToDo", "In Progress": "InProgress", "SQL": "SQL", "MQL": "MQL", "LinkedIn": "LinkedIn", "a//": "A", "": "Empty",
		"10-50": "10_50", "1,000+": "1_000Plus", "<10": "LessThan_10", "R&D": "RAndD", "50%": "50Percent", "C#": "CSharp", "名前": "名前",
	} {
		if got := optionName(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
	if got := optionName("🚀"); !token.IsIdentifier("A" + got) {
		t.Errorf("got %s", got)
	}
}

// A name in a schema has its Go name whatever else there is, and no two have the same.
func FuzzGoName(f *testing.F) {
	for _, names := range [][2]string{{"a_b", "a-b"}, {"ids", "id_s"}, {"id", "i_d"}, {"a_1", "a1"}, {"ǅ", "ǆ"}, {"ß", "SS"}, {"ı", "i"}, {"2nd", "field2nd"}, {"extra", "extra_"}, {"名", "field名"}, {"ſ", "s"}, {"k", "K"}} {
		f.Add(names[0], names[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		nameA, nameB := goName(a, "Field", reservedFields), goName(b, "Field", reservedFields)
		for _, name := range []string{nameA, nameB} {
			if !token.IsIdentifier(name) || !token.IsExported(name) || reservedFields[name] {
				t.Errorf("%q and %q: %s is not a name for a field", a, b, name)
			}
		}
		if a != b && nameA == nameB {
			t.Errorf("%q and %q are both %s", a, b, nameA)
		}
		if c := "X" + optionName(a); !token.IsIdentifier(c) {
			t.Errorf("the constant of %q would be %s", a, c)
		}
		if p := plural(nameA); !token.IsIdentifier(p) || p == nameA {
			t.Errorf("the plural of %s is %s", nameA, p)
		}
	})
}
