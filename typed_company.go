package clarify

import "time"

// CompanyFields are the fields of a company, for queries and changes: those of [Company].
var CompanyFields = struct {
	ID            IDFilter[string]              // "_id"
	CreatedAt     ReadOnlyDateField[time.Time]  // "_created_at"
	UpdatedAt     ReadOnlyDateField[time.Time]  // "_updated_at"
	CreatedBy     IDFilter[string]              // "_created_by"
	UpdatedBy     IDFilter[string]              // "_updated_by"
	Name          TextField                     // "name"
	Domains       UniqueCollectionField[string] // "domains"
	Industry      TextField                     // "industry"
	EmployeeCount NumberField[int64]            // "employee_count"
	Description   TextField                     // "description"
	Labels        CollectionField[string]       // "labels"
	People        ToManyField                   // "people"
	Deals         ToManyField                   // "deals"
}{
	ID:            "_id",
	CreatedAt:     NewReadOnlyDateField[time.Time]("_created_at"),
	UpdatedAt:     NewReadOnlyDateField[time.Time]("_updated_at"),
	CreatedBy:     "_created_by",
	UpdatedBy:     "_updated_by",
	Name:          NewTextField("name"),
	Domains:       NewUniqueCollectionField[string]("domains"),
	Industry:      NewTextField("industry"),
	EmployeeCount: NewNumberField[int64]("employee_count"),
	Description:   NewTextField("description"),
	Labels:        NewCollectionField[string]("labels"),
	People:        NewToManyField("people"),
	Deals:         NewToManyField("deals"),
}

// CompanyFilters are the fields of a company that another record links to. Conditions can be on
// them.
type CompanyFilters struct {
	ID            IDFilter[string]      // "_id"
	CreatedAt     DateFilter[time.Time] // "_created_at"
	UpdatedAt     DateFilter[time.Time] // "_updated_at"
	CreatedBy     IDFilter[string]      // "_created_by"
	UpdatedBy     IDFilter[string]      // "_updated_by"
	Name          TextFilter            // "name"
	Domains       CollectionFilter      // "domains"
	Industry      TextFilter            // "industry"
	EmployeeCount NumberFilter[int64]   // "employee_count"
	Description   TextFilter            // "description"
	Labels        CollectionFilter      // "labels"
}
