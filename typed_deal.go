package clarify

import "time"

// DealFields are the fields of a deal, for queries and changes: those of [Deal], and those of the
// records that it links to.
var DealFields = struct {
	ID          IDFilter[string]             // "_id"
	CreatedAt   ReadOnlyDateField[time.Time] // "_created_at"
	UpdatedAt   ReadOnlyDateField[time.Time] // "_updated_at"
	CreatedBy   IDFilter[string]             // "_created_by"
	UpdatedBy   IDFilter[string]             // "_updated_by"
	Name        UniqueTextField              // "name"
	Description TextField                    // "description"
	Stage       SelectField[string]          // "stage"
	Amount      NumberField[float64]         // "amount"
	CloseDate   DateField[Date]              // "close_date"
	OwnerID     IDField[string]              // "owner_id"
	CompanyID   LinkField[string]            // "company_id"
	Summary     TextField                    // "summary"
	Labels      CollectionField[string]      // "labels"
	People      ToManyField                  // "people"
	Tasks       ToManyField                  // "tasks"

	Company CompanyFilters // of the record that company_id leads to
}{
	ID:          "_id",
	CreatedAt:   NewReadOnlyDateField[time.Time]("_created_at"),
	UpdatedAt:   NewReadOnlyDateField[time.Time]("_updated_at"),
	CreatedBy:   "_created_by",
	UpdatedBy:   "_updated_by",
	Name:        NewUniqueTextField("name"),
	Description: NewTextField("description"),
	Stage:       NewSelectField[string]("stage"),
	Amount:      NewNumberField[float64]("amount"),
	CloseDate:   NewDateField[Date]("close_date"),
	OwnerID:     NewIDField[string]("owner_id"),
	CompanyID:   NewLinkField[string]("company_id"),
	Summary:     NewTextField("summary"),
	Labels:      NewCollectionField[string]("labels"),
	People:      NewToManyField("people"),
	Tasks:       NewToManyField("tasks"),
	Company: CompanyFilters{
		ID:            "deal.company_id._id",
		CreatedAt:     "deal.company_id._created_at",
		UpdatedAt:     "deal.company_id._updated_at",
		CreatedBy:     "deal.company_id._created_by",
		UpdatedBy:     "deal.company_id._updated_by",
		Name:          "deal.company_id.name",
		Domains:       "deal.company_id.domains",
		Industry:      "deal.company_id.industry",
		EmployeeCount: "deal.company_id.employee_count",
		Description:   "deal.company_id.description",
		Labels:        "deal.company_id.labels",
	},
}

// DealFilters are the fields of a deal that another record links to. Conditions can be on
// them.
type DealFilters struct {
	ID          IDFilter[string]      // "_id"
	CreatedAt   DateFilter[time.Time] // "_created_at"
	UpdatedAt   DateFilter[time.Time] // "_updated_at"
	CreatedBy   IDFilter[string]      // "_created_by"
	UpdatedBy   IDFilter[string]      // "_updated_by"
	Name        TextFilter            // "name"
	Description TextFilter            // "description"
	Stage       SelectFilter[string]  // "stage"
	Amount      NumberFilter[float64] // "amount"
	CloseDate   DateFilter[Date]      // "close_date"
	OwnerID     IDFilter[string]      // "owner_id"
	CompanyID   IDFilter[string]      // "company_id"
	Summary     TextFilter            // "summary"
	Labels      CollectionFilter      // "labels"

	Company CompanyFilters // of the record that company_id leads to
}
