package clarify

import "time"

// TaskFields are the fields of a task, for queries and changes: those of [Task], and those of the
// records that it links to.
var TaskFields = struct {
	ID          IDFilter[string]             // "_id"
	CreatedAt   ReadOnlyDateField[time.Time] // "_created_at"
	UpdatedAt   ReadOnlyDateField[time.Time] // "_updated_at"
	CreatedBy   IDFilter[string]             // "_created_by"
	UpdatedBy   IDFilter[string]             // "_updated_by"
	Title       RequiredTextField            // "title"
	Description RichTextField                // "description"
	Status      SelectField[string]          // "status"
	Priority    SelectField[string]          // "priority"
	DueDate     DateField[Date]              // "due_date"
	AssigneeID  IDField[string]              // "assignee_id"
	PersonID    LinkField[string]            // "person_id"
	CompanyID   LinkField[string]            // "company_id"
	DealID      LinkField[string]            // "deal_id"
	MeetingID   LinkField[string]            // "meeting_id"

	Person  PersonFilters  // of the record that person_id leads to
	Company CompanyFilters // of the record that company_id leads to
	Deal    DealFilters    // of the record that deal_id leads to
	Meeting MeetingFilters // of the record that meeting_id leads to
}{
	ID:          "_id",
	CreatedAt:   NewReadOnlyDateField[time.Time]("_created_at"),
	UpdatedAt:   NewReadOnlyDateField[time.Time]("_updated_at"),
	CreatedBy:   "_created_by",
	UpdatedBy:   "_updated_by",
	Title:       NewRequiredTextField("title"),
	Description: NewRichTextField("description"),
	Status:      NewSelectField[string]("status"),
	Priority:    NewSelectField[string]("priority"),
	DueDate:     NewDateField[Date]("due_date"),
	AssigneeID:  NewIDField[string]("assignee_id"),
	PersonID:    NewLinkField[string]("person_id"),
	CompanyID:   NewLinkField[string]("company_id"),
	DealID:      NewLinkField[string]("deal_id"),
	MeetingID:   NewLinkField[string]("meeting_id"),
	Person: PersonFilters{
		ID:             "task.person_id._id",
		CreatedAt:      "task.person_id._created_at",
		UpdatedAt:      "task.person_id._updated_at",
		CreatedBy:      "task.person_id._created_by",
		UpdatedBy:      "task.person_id._updated_by",
		EmailAddresses: "task.person_id.email_addresses",
		PhoneNumbers:   "task.person_id.phone_numbers",
		JobTitle:       "task.person_id.job_title",
		AvatarURL:      "task.person_id.avatar_url",
		CompanyID:      "task.person_id.company_id",
		Description:    "task.person_id.description",
		Labels:         "task.person_id.labels",
		Company: CompanyFilters{
			ID:            "task.person_id.company_id._id",
			CreatedAt:     "task.person_id.company_id._created_at",
			UpdatedAt:     "task.person_id.company_id._updated_at",
			CreatedBy:     "task.person_id.company_id._created_by",
			UpdatedBy:     "task.person_id.company_id._updated_by",
			Name:          "task.person_id.company_id.name",
			Domains:       "task.person_id.company_id.domains",
			Industry:      "task.person_id.company_id.industry",
			EmployeeCount: "task.person_id.company_id.employee_count",
			Description:   "task.person_id.company_id.description",
			Labels:        "task.person_id.company_id.labels",
		},
	},
	Company: CompanyFilters{
		ID:            "task.company_id._id",
		CreatedAt:     "task.company_id._created_at",
		UpdatedAt:     "task.company_id._updated_at",
		CreatedBy:     "task.company_id._created_by",
		UpdatedBy:     "task.company_id._updated_by",
		Name:          "task.company_id.name",
		Domains:       "task.company_id.domains",
		Industry:      "task.company_id.industry",
		EmployeeCount: "task.company_id.employee_count",
		Description:   "task.company_id.description",
		Labels:        "task.company_id.labels",
	},
	Deal: DealFilters{
		ID:          "task.deal_id._id",
		CreatedAt:   "task.deal_id._created_at",
		UpdatedAt:   "task.deal_id._updated_at",
		CreatedBy:   "task.deal_id._created_by",
		UpdatedBy:   "task.deal_id._updated_by",
		Name:        "task.deal_id.name",
		Description: "task.deal_id.description",
		Stage:       "task.deal_id.stage",
		Amount:      "task.deal_id.amount",
		CloseDate:   "task.deal_id.close_date",
		OwnerID:     "task.deal_id.owner_id",
		CompanyID:   "task.deal_id.company_id",
		Summary:     "task.deal_id.summary",
		Labels:      "task.deal_id.labels",
		Company: CompanyFilters{
			ID:            "task.deal_id.company_id._id",
			CreatedAt:     "task.deal_id.company_id._created_at",
			UpdatedAt:     "task.deal_id.company_id._updated_at",
			CreatedBy:     "task.deal_id.company_id._created_by",
			UpdatedBy:     "task.deal_id.company_id._updated_by",
			Name:          "task.deal_id.company_id.name",
			Domains:       "task.deal_id.company_id.domains",
			Industry:      "task.deal_id.company_id.industry",
			EmployeeCount: "task.deal_id.company_id.employee_count",
			Description:   "task.deal_id.company_id.description",
			Labels:        "task.deal_id.company_id.labels",
		},
	},
	Meeting: MeetingFilters{
		ID:           "task.meeting_id._id",
		CreatedAt:    "task.meeting_id._created_at",
		UpdatedAt:    "task.meeting_id._updated_at",
		CreatedBy:    "task.meeting_id._created_by",
		UpdatedBy:    "task.meeting_id._updated_by",
		Title:        "task.meeting_id.title",
		Start:        "task.meeting_id.start",
		End:          "task.meeting_id.end",
		AllDay:       "task.meeting_id.all_day",
		Visibility:   "task.meeting_id.visibility",
		EventID:      "task.meeting_id.event_id",
		ICalUID:      "task.meeting_id.ical_uid",
		Participants: "task.meeting_id.participants",
	},
}
