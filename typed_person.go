package clarify

import "time"

// PersonFields are the fields of a person, for queries and changes: those of [Person], and those of the
// records that it links to.
var PersonFields = struct {
	ID             IDFilter[string]              // "_id"
	CreatedAt      ReadOnlyDateField[time.Time]  // "_created_at"
	UpdatedAt      ReadOnlyDateField[time.Time]  // "_updated_at"
	CreatedBy      IDFilter[string]              // "_created_by"
	UpdatedBy      IDFilter[string]              // "_updated_by"
	Name           NameField                     // "name"
	EmailAddresses UniqueCollectionField[string] // "email_addresses"
	PhoneNumbers   CollectionField[string]       // "phone_numbers"
	JobTitle       TextField                     // "job_title"
	AvatarURL      TextField                     // "avatar_url"
	CompanyID      LinkField[string]             // "company_id"
	Description    TextField                     // "description"
	Labels         CollectionField[string]       // "labels"
	Deals          ToManyField                   // "deals"

	Company CompanyFilters // of the record that company_id leads to
}{
	ID:             "_id",
	CreatedAt:      NewReadOnlyDateField[time.Time]("_created_at"),
	UpdatedAt:      NewReadOnlyDateField[time.Time]("_updated_at"),
	CreatedBy:      "_created_by",
	UpdatedBy:      "_updated_by",
	Name:           NewNameField("name"),
	EmailAddresses: NewUniqueCollectionField[string]("email_addresses"),
	PhoneNumbers:   NewCollectionField[string]("phone_numbers"),
	JobTitle:       NewTextField("job_title"),
	AvatarURL:      NewTextField("avatar_url"),
	CompanyID:      NewLinkField[string]("company_id"),
	Description:    NewTextField("description"),
	Labels:         NewCollectionField[string]("labels"),
	Deals:          NewToManyField("deals"),
	Company: CompanyFilters{
		ID:            "person.company_id._id",
		CreatedAt:     "person.company_id._created_at",
		UpdatedAt:     "person.company_id._updated_at",
		CreatedBy:     "person.company_id._created_by",
		UpdatedBy:     "person.company_id._updated_by",
		Name:          "person.company_id.name",
		Domains:       "person.company_id.domains",
		Industry:      "person.company_id.industry",
		EmployeeCount: "person.company_id.employee_count",
		Description:   "person.company_id.description",
		Labels:        "person.company_id.labels",
	},
}

// PersonFilters are the fields of a person that another record links to. Conditions can be on
// them.
type PersonFilters struct {
	ID             IDFilter[string]      // "_id"
	CreatedAt      DateFilter[time.Time] // "_created_at"
	UpdatedAt      DateFilter[time.Time] // "_updated_at"
	CreatedBy      IDFilter[string]      // "_created_by"
	UpdatedBy      IDFilter[string]      // "_updated_by"
	EmailAddresses CollectionFilter      // "email_addresses"
	PhoneNumbers   CollectionFilter      // "phone_numbers"
	JobTitle       TextFilter            // "job_title"
	AvatarURL      TextFilter            // "avatar_url"
	CompanyID      IDFilter[string]      // "company_id"
	Description    TextFilter            // "description"
	Labels         CollectionFilter      // "labels"

	Company CompanyFilters // of the record that company_id leads to
}
